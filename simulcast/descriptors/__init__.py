"""Read and patch the few payload bits that forwarding needs, one codec per module."""
