"""What is done for every packet of a batch, in loops that are compiled (`turn/compiling.py`)."""
