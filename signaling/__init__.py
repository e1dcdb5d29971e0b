"""Speak LiveKit's signaling protocol: tokens, SDP, rooms, participants."""
