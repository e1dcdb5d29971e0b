"""What is said to providers of video calls, and how their answers are read: no clock, no socket.

A flow is a generator: it yields requests, is given their answers, and returns what came of it or
raises `Unfulfilled`. Which page of the provider's tells each field is in `docs/providers.md`.
"""
