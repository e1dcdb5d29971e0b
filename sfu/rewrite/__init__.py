"""Write the headers of outgoing packets."""
