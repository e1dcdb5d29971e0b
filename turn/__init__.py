"""Speak STUN, and relay by TURN."""
