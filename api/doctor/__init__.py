"""`housecall doctor`: does a running server work for its clients, and what is to be done if not?"""
