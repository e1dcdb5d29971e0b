"""Every target takes its corpus in each run, and is fuzzed for a minute by `make long`."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
ROOT = Path(__file__).parents[2]
SECONDS = int(os.environ.get("HOUSECALL_FUZZ_SECONDS", "60"))
DONE = re.compile(r"Done (\d+) runs in (\d+) second")


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_before_is_taken(name: str) -> None:
    files = sorted((CORPUS / name).iterdir())

    assert files
    for file in files:
        TARGETS[name](file.read_bytes())


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_new_is_found_in_a_minute(name: str, tmp_path: Path) -> None:
    """Starts from the corpus; what fails is left in the folder that the failure names."""
    shutil.copytree(CORPUS / name, tmp_path / "corpus")
    line = [sys.executable, "-m", "tests.fuzz.run", name, f"-max_total_time={SECONDS}"]
    line += ["-max_len=600", f"-artifact_prefix={tmp_path}/", str(tmp_path / "corpus")]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    found = DONE.search(done.stderr)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert found, done.stderr[-3000:]
    print(json.dumps({"target": name, "executions": int(found[1]), "seconds": int(found[2])}))
