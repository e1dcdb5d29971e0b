"""What the server tells Prometheus: its text, who may read it, the listener of its own."""
