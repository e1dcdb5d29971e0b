"""Load a LiveKit server with many participants, and measure what comes back."""
