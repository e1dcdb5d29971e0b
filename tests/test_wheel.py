"""What is shipped: the six packages with the built page, and nothing else."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    uv = ROOT / ".venv" / "bin" / "uv"
    command = str(uv) if uv.exists() else shutil.which("uv")
    assert command
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run([command, "build", "--quiet", "--wheel", "--out-dir", out, ROOT], check=True)
    (wheel,) = out.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_the_built_page_is_in_the_wheel(names: list[str]) -> None:
    assert "api/pages/built/index.html" in names
    assert any(
        name.startswith("api/pages/built/assets/") and name.endswith(".js") for name in names
    )


def test_only_our_packages_are_in_the_wheel(names: list[str]) -> None:
    folders = {name.split("/")[0] for name in names if ".dist-info/" not in name}

    assert folders == {"api", "recorder", "sfu", "signaling", "simulcast", "turn"}
    assert not [name for name in names if "node_modules" in name or name.endswith(".ts")]
