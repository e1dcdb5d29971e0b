"""The common face of all browsers: open a page, call its functions, press its keys."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

ANSWER = "(name, parameters) => window.housecall.answer(name, parameters)"


class PageError(Exception):
    """What a function of the page threw."""


@dataclass
class Said:
    """What a page has told its console, and what it has asked the network for."""

    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)  # URLs


class Tab(ABC):
    """One page. Everything waits until it is done."""

    fixed_tone: float | None = None  # Hz, where only the fake microphone can play

    def __init__(self) -> None:
        self.said = Said()

    @abstractmethod
    def go(self, url: str) -> None:
        """Load a page."""

    @abstractmethod
    def evaluate(self, function: str, *arguments: str, gesture: bool = False) -> Any:
        """Call a JavaScript function and wait for its promise; `gesture`: as if by a click.

        Arguments and result are strings or None, so that all browsers mean the same.
        """

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Press and release keys, named as in KeyboardEvent.key."""

    @abstractmethod
    def type(self, text: str) -> None:
        """Write into whatever has the focus."""

    @abstractmethod
    def click(self, selector: str) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    def call(self, name: str, *parameters: Any, gesture: bool = False) -> Any:
        """Call a function of the test page's client; raises what it throws as `PageError`."""
        text = self.evaluate(ANSWER, name, json.dumps(parameters), gesture=gesture)
        answer = json.loads(text)
        if "error" in answer:
            console = "\n".join(self.said.console[-20:])
            raise PageError(f"{name}: {answer['error']}\n{console}")
        return answer["result"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Browser(ABC):
    """One browser process with a profile of its own."""

    name: str

    def __init__(self) -> None:
        self._idle: list[Tab] = []

    def lend(self, url: str) -> Tab:
        """A tab with the page as if newly loaded. Another document costs a quarter of what another
        tab does, so that one that was given back is taken where it still works."""
        while self._idle:
            tab = self._idle.pop()
            tab.said = Said()
            try:
                tab.go(url)
            except Exception:  # whatever it is: another one
                tab.close()
            else:
                return tab
        return self.open(url)

    def give_back(self, tab: Tab) -> None:
        """Ends what its page does."""
        try:
            tab.go("about:blank")
        except Exception:  # its page hangs, or its browser has been killed
            tab.close()
        else:
            self._idle.append(tab)

    @property
    @abstractmethod
    def is_alive(self) -> bool: ...

    @abstractmethod
    def open(self, url: str, *, permissions: Sequence[str] = ()) -> Tab:
        """A new tab, in a window of its own so that nothing is throttled as hidden."""

    @abstractmethod
    def kill(self) -> None:
        """End every process of the browser at once, as a crash or a power cut does."""

    @abstractmethod
    def close(self) -> None: ...
