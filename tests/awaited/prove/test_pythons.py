"""The Pythons of a machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.prove.pythons import PYTHONS, find_pythons, in_words, state
from awaited.read.errors import AwaitedError
from awaited.read.project import Project
from awaited.read.versions import NEWEST_NAMED
from tests.awaited.prove.pretend import program

HERE = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the PATH, and nothing else."""
    folder = tmp_path / "machine"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(folder / "pyenv"))
    monkeypatch.delenv(PYTHONS)
    return folder


def test_each_minor_version_is_found_once_in_its_newest_release(machine: Path, project: Callable[..., Project]) -> None:
    # none of them is the one that runs this test, which always wins
    *_, twice, pypy, shim = (f"3.{minor}" for minor in range(12, NEWEST_NAMED + 1) if minor != sys.version_info.minor)
    program(machine, f"python{twice}", f"echo CPython {twice}.1 /here/python{twice}")
    program(machine, f"python{pypy}", f"echo PyPy {pypy}.0 /here/pypy")
    program(machine, f"python{shim}", f"echo 'pyenv: python{shim}: command not found' >&2; exit 127")
    for version in ("3.9.1", f"{twice}.4"):
        folder = machine / f"pyenv/versions/{version}/bin"
        program(folder, "python", f"echo CPython {version} {folder}/python")
    found = {python.minor: python for python in find_pythons(project())}
    assert found[twice].version == f"{twice}.4"
    assert found[HERE].is_current
    assert not {"3.9", pypy, shim} & set(found)


def test_a_python_is_asked_once_as_long_as_it_stays_the_same(machine: Path, project: Callable[..., Project]) -> None:
    here, calls = project(), machine / "calls"
    here.scratch.mkdir()
    tells = f"echo x >> {calls}; echo CPython 3.19.1 /here/python3.19"
    program(machine, "python3.19", tells)
    before = state()
    for _ in range(2):
        assert "3.19.1" in {python.version for python in find_pythons(here)}
        assert calls.read_text() == "x\n"
    assert state() == before
    program(machine, "python3.19", tells.replace("3.19.1", "3.19.12"))
    assert state() != before
    assert "3.19.12" in {python.version for python in find_pythons(here)}


def test_only_wanted_versions_are_used_and_each_must_be_there(
    machine: Path, project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    program(machine, "python3.18", "echo CPython 3.18.1 /here/python3.18")
    assert [python.minor for python in find_pythons(project(), ["3.18"])] == ["3.18"]
    monkeypatch.setenv(PYTHONS, f"{HERE}, 3.18")
    assert [python.minor for python in find_pythons(project())] == [HERE, "3.18"]
    with pytest.raises(AwaitedError, match=r"^Python 3\.17 is wanted, and not on this machine; install it as 'python3"):
        find_pythons(project(), ["3.17"])


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ([], ""),
        (["3.12.1"], "3.12"),
        (["3.11.7", "3.12.1"], "3.11 – 3.12"),
        (["3.15.2", "3.11.7", "3.12.1", "3.13.0"], "3.11 – 3.13, 3.15"),
        (["3.9.1", "3.10.2", "3.11.0"], "3.9 – 3.11"),
    ],
)
def test_versions_in_few_characters(versions: list[str], words: str) -> None:
    assert in_words(versions) == words
