"""The tables' history, one step a file in `versions/`."""

HEAD = "0013"
