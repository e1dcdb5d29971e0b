"""Offer and answer: which sections a connection has, what each carries, in which formats."""
