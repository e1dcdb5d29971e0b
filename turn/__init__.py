"""Speak STUN (and, later, relay by TURN)."""
