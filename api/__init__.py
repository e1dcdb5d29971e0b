"""What a clinic uses: command line, settings, pages, endpoints, and the wiring of it all."""

import os

# `websockets` reads it at its first import; beyond it, it hangs without an answer. LiveKit clients
# put a whole SDP offer into the request line. The limit that clients meet is in `api/protocol.py`.
os.environ.setdefault("WEBSOCKETS_MAX_LINE_LENGTH", str(128 * 1024))
