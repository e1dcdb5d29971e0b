"""Providers of video calls, as a clinic uses them. No request is made within a transaction."""
