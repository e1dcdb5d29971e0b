"""Pure decisions of the clinic: no clock, no socket, no framework."""
