"""Make a browser take certificates of an authority of the tests."""

import subprocess
from pathlib import Path


def trust(store: Path, authority: Path) -> None:
    """`store`: the folder of its certificates (NSS); `authority`: one of them, PEM."""
    store.mkdir(parents=True, exist_ok=True)
    for arguments in (
        ["-N", "--empty-password"],
        ["-A", "-n", "tests", "-t", "C,,", "-i", str(authority)],
    ):
        subprocess.run(["certutil", "-d", f"sql:{store}", *arguments], check=True)
