"""Fuzz one target: `python -m tests.fuzz.run NAME [libFuzzer's options] [CORPUS]`."""

import sys

import atheris


def main() -> None:
    with atheris.instrument_imports(include=["turn"]):
        from tests.fuzz.targets import TARGETS
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
