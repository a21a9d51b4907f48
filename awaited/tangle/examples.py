"""Brings ``examples/`` up to date with the articles, or tells where it is not.

A file there is ours where its docstring says so, in the words that a script's ends with. Only such a file is ever
changed or removed; all others stay as they are, and one that is in the way of a script is an error.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from awaited.memory.files import write_whole
from awaited.read.errors import AwaitedError
from awaited.read.places import where
from awaited.read.project import EXAMPLES, Project, check_folders
from awaited.tangle.scripts import MARK, Script, tangle_project

MARKED = re.compile(
    r'\ufeff?"""(?:(?!""").)*\n' + r"\s+".join(map(re.escape, MARK.split())).replace(r"\{\}", '[^"]+?') + r"\s",
    re.DOTALL,
)
"""How a file begins that is ours; lines may be broken anywhere between two words."""


class Change(NamedTuple):
    """A script that has to change, with its text on disk and the text that it should have; None for no file."""

    path: Path
    old: str | None
    new: str | None


def run(project: Project, check: bool) -> int:
    """The command ``awaited tangle``: writes the scripts, or with ``--check`` shows what differs; the exit status."""
    if not check:
        left_out: list[AwaitedError] = []
        scripts = tangle_project(project, left_out=left_out)
        changed = write(project, scripts)
        for error in left_out:
            print(f"no script: {error}")
        print(f"{EXAMPLES}/: {len(scripts)} scripts, {len(changed) or 'no'} files changed")
        return 0
    found = drift(project)
    if found:
        print(found, end="")
        print(
            f"{EXAMPLES}/ is not what the articles say: run `awaited tangle` and commit what it writes "
            "(edit the articles, not the scripts)",
            file=sys.stderr,
        )
    return 1 if found else 0


def drift(project: Project) -> str:
    """A unified diff from what stands in ``examples/`` to what should; empty where they agree."""
    return "".join(_diff(change) for change in changes(project, tangle_project(project)))


def write(project: Project, scripts: Sequence[Script]) -> list[Path]:
    """Brings ``examples/`` up to date, and says which files it wrote or removed.

    What is lost by this, a script that differed or one whose cell is gone, is printed first, as a diff. Raises
    AwaitedError, with nothing changed, for a file in the way.
    """
    check_folders(project)
    found = changes(project, scripts)
    for change in found:
        file = project.root / change.path
        if change.old is not None:
            print(_diff(change), end="")
        if change.new is not None:
            write_whole(file, change.new.encode())
            continue
        file.unlink()
        with contextlib.suppress(OSError):  # not empty
            file.parent.rmdir()
    return [change.path for change in found]


def changes(project: Project, scripts: Sequence[Script]) -> list[Change]:
    """What has to change in ``examples/``, first what goes: some file systems take A.py for a.py.

    Raises AwaitedError for a file that is not ours in the way of a script.
    """
    wanted = {script.path: script.text for script in scripts}
    found = _find(project, scripts)
    paths = [*sorted(found.keys() - wanted.keys()), *sorted(wanted)]
    return [Change(path, found.get(path), wanted.get(path)) for path in paths if found.get(path) != wanted.get(path)]


def _find(project: Project, scripts: Sequence[Script]) -> dict[Path, str]:
    """The text of each file that is ours."""
    folders = {script.path.parent: script for script in scripts}
    for folder, script in folders.items():
        if os.path.lexists(project.root / folder) and not (project.root / folder).is_dir():
            raise _in_the_way(folder, script)
    places = {_folded(script.path): script for script in scripts}
    found: dict[Path, str] = {}
    for file in sorted((project.root / EXAMPLES).glob("*/*")):
        path = file.relative_to(project.root)
        if file.parent.is_symlink() and path.parent not in folders:  # what is ours there has its own place elsewhere
            continue
        text = _text_if_ours(file)
        if text is not None:
            found[path] = text
        elif _folded(path) in places:
            raise _in_the_way(path, places[_folded(path)])
    return found


def _folded(path: Path) -> str:
    return path.as_posix().casefold()


def _text_if_ours(file: Path) -> str | None:
    """A file's text, None where it does not bear our mark. A link never does: none is made here."""
    if file.suffix.lower() != ".py" or file.is_symlink() or not file.is_file():
        return None
    try:
        text = file.read_bytes().decode(errors="backslashreplace").replace("\r\n", "\n")
    except PermissionError:
        return None
    return text if MARKED.match(text) else None


def _in_the_way(path: Path, script: Script) -> AwaitedError:
    place = where(script.article.path.as_posix(), script.cell.line)
    wrong = f"is in the way of the script of {script.cell.in_words} at {place}"
    return AwaitedError(f"{wrong}, and `awaited tangle` has not made it; move it away, or rename that label", path)


def _diff(change: Change) -> str:
    name = change.path.as_posix()
    before = "/dev/null" if change.old is None else f"a/{name}"
    after = "/dev/null" if change.new is None else f"b/{name}"
    lines = difflib.unified_diff(
        (change.old or "").splitlines(True), (change.new or "").splitlines(True), before, after
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
