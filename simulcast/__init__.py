"""Decide which layer and what bitrate: arithmetic only, no packets and no clock."""
