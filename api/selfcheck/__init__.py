"""The server's own look at itself, once a minute: does a visit work here, to the last packet?"""
