"""A copy of all that a server keeps, in one file, and the way back."""
