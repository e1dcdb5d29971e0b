"""What can go wrong with the store, as callers tell it apart."""


class StoreError(Exception):
    """The store cannot do what was asked; the message says why."""


class TenancyError(StoreError):
    """A query that names no workspace, or reaches into another one: a mistake of ours."""


class Unavailable(StoreError):
    """The database does not answer now; it may soon."""


class Conflict(StoreError):
    """Something else has it already, or it refers to what is not there."""


class WrongSchema(StoreError):
    """The tables are of another version than the program."""


class SecretsError(StoreError):
    """A key is missing, or does not fit what was sealed with it."""
