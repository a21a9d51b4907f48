"""What CI runs besides the tests: the script that brings newer Pythons to a Debian machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci/debian-python"
THIS = "{}.{}".format(*sys.version_info)


def install(prefix: Path, *versions: str, path: str = os.environ["PATH"]) -> tuple[int, str]:
    """The exit status of the script, and what it says."""
    command = [str(SCRIPT), "--prefix", str(prefix), *versions]
    done = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """A PATH of next to nothing: no apt, above all."""
    for name in ("bash", "env", "mktemp", "realpath", "rm"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    return str(tmp_path)


def test_a_python_that_is_there_and_works_is_left_alone(tmp_path: Path, bare: str) -> None:
    program = tmp_path / f"pythons/bin/python{THIS}"
    program.parent.mkdir(parents=True)
    program.symlink_to(sys.executable)
    assert install(tmp_path / "pythons", THIS, path=bare) == (0, "")
    assert [file.name for file in (tmp_path / "pythons").rglob("*")] == ["bin", program.name]


def test_a_python_that_is_another_than_its_name_says_is_none(tmp_path: Path, bare: str) -> None:
    program = tmp_path / "pythons/bin/python3.99"
    program.parent.mkdir(parents=True)
    program.symlink_to(sys.executable)
    assert install(tmp_path / "pythons", "3.99", path=bare)[0] == 1


def test_where_there_is_no_apt_it_says_so_and_makes_nothing(tmp_path: Path, bare: str) -> None:
    wrong = "debian-python: needs apt-get, which this machine does not have\n"
    assert install(tmp_path / "pythons", "3.99", path=bare) == (1, wrong)
    assert not (tmp_path / "pythons").exists()


@pytest.mark.parametrize("versions", [(), ("three",), ("3.14", "3.14.10"), ("../3.14",)])
def test_what_is_no_version_is_refused(tmp_path: Path, versions: tuple[str, ...]) -> None:
    status, said = install(tmp_path / "pythons", *versions)
    assert (status, said.splitlines()[-1].startswith("usage: ")) == (2, True)
    assert not (tmp_path / "pythons").exists()
