"""Agents: programs that wait for rooms to join (LiveKit).

A worker keeps a WebSocket open and says what it is for; a room's dispatches say which agents it
wants; a job is one dispatch's work for one room or participant, given to one worker.
"""
