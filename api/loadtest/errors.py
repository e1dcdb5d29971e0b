"""What a load test cannot do, in words for the person who started it."""


class LoadTestError(Exception):
    """The sentence says what is wrong and what to do."""
