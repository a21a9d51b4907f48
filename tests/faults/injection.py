"""How faults are injected: a build, in this process or its own, and a look at all that it must leave alone."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from awaited.__main__ import main
from awaited.memory.files import UNFINISHED
from awaited.read.project import Project

GOOD = "---\ntitle: Good\n---\n\n```{python}\n#| label: greet\nprint('hello')\n```\n"
ARTICLES = {"index.qmd": "---\ntitle: Home\n---\n", "posts/good.qmd": GOOD}
PROGRESS = re.compile(r"(executing |  [^ ]+\.qmd: |  ran scripts on ).*")
ROOT = Path(__file__).parents[2]


def fault(name: str, outcome: str, *values: object) -> object:
    """A parameter set for a fault; ``outcome``, the last of its values, is what the test asserts and the table says."""
    return pytest.param(*values, outcome, id=name, marks=pytest.mark.fault(name, outcome))


def contents(project: Project) -> dict[str, bytes]:
    """What a failing build must leave alone, file by file: the site, the freezer and the scripts."""
    folders = project.site, project.freezer, project.root / "examples"
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    return {file.relative_to(project.root).as_posix(): file.read_bytes() for file in files}


def left_processes(project: Project, seconds: float = 2) -> list[str]:
    """The processes that work in a project's folder or whose environment names it, once the dying have had a while."""
    deadline = time.monotonic() + seconds
    while (found := list(_processes(project))) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def _processes(project: Project) -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            named = os.fsencode(f"AWAITED_PROJECT={project.root}") in (process / "environ").read_bytes().split(b"\0")
            inside = (process / "cwd").resolve(strict=True).is_relative_to(project.root)
            if (named or inside) and process.name != str(os.getpid()):
                yield f"{process.name} {(process / 'cmdline').read_bytes()!r}"


def build(project: Project, *options: str) -> int:
    """Builds a project in this process, as the command line does."""
    return main(["build", str(project.root), "--engine", "smalldocs", *options])


def start(project: Project, *options: str, **environment: str) -> subprocess.Popen[str]:
    """Starts ``awaited build`` as a process of its own, which hears Ctrl-C."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}  # for ipykernel
    return subprocess.Popen(
        [sys.executable, "-m", "awaited", "build", "--engine", "smalldocs", *options],
        cwd=project.root,
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=restore_ctrl_c,
    )


def restore_ctrl_c() -> None:
    """A process started in the background of a script would ignore Ctrl-C, and so would its own."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def said(errors: str) -> str:
    """What a build has said on stderr, but for its progress."""
    return "".join(line for line in errors.splitlines(True) if not PROGRESS.fullmatch(line.rstrip("\n")))


@contextlib.contextmanager
def nothing_lost(project: Project, *, but_for: str = "nothing") -> Iterator[None]:
    """Whatever is done inside: the site, the freezer and the scripts stay as they are, and no process is left.

    ``but_for`` names a folder that may go ahead: results that are frozen before the fault are no loss.
    """
    before = {name: content for name, content in contents(project).items() if not name.startswith(but_for)}
    assert len(before) > 5, "there is a good site"
    yield
    assert not (left := left_processes(project)), left
    after = {name: content for name, content in contents(project).items() if not name.startswith(but_for)}
    assert sorted(after) == sorted(before)
    assert after == before
    unfinished = [entry for entry in project.scratch.glob("*") if entry.is_dir() and not entry.is_symlink()]
    assert not unfinished, "no work in progress is left"
    assert not list(project.root.rglob(f"*{UNFINISHED}"))
