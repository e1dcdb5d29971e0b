"""A page's own time, which goes on when it is told to."""

from tests.browser.chromium import ChromiumTab
from tests.browser.person import Person


class Clock:
    def __init__(self, person: Person) -> None:
        """Timers that run already stay as they are; those that are set from now on obey."""
        assert isinstance(person.tab, ChromiumTab)
        self._tab = person.tab
        self._tab.wait_for(self._tab.page.clock.install())

    def go(self, seconds: int) -> None:
        self._tab.wait_for(self._tab.page.clock.fast_forward(seconds * 1000))
