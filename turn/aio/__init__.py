"""Run the cores on sockets and the event loop."""
