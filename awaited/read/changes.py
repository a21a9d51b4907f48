"""Tells when each page was last changed: what git says of it, else what its file does."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from awaited.read.articles import Article
from awaited.read.project import Project

START = "\x1e"
"""Begins each commit in the log that is asked for."""
BLOB = re.compile(r":\d+ \d+ [0-9a-f]+ (?P<blob>[0-9a-f]+) \S+")


def last_changes(project: Project, pages: Sequence[Article]) -> dict[Path, datetime]:
    """The moment of each page's last change, in UTC: that of the commit which made it what it is.

    A page that is no longer what was committed, or never was, has the time of its file.
    """
    committed = _committed(project, [page.path for page in pages])
    changes = {}
    for page in pages:
        data = (project.root / page.path).read_bytes()
        blob, when = committed.get(page.path, ("", None))
        if when is None or blob != _blob(data, blob):
            when = datetime.fromtimestamp((project.root / page.path).stat().st_mtime, UTC)
        changes[page.path] = when
    return changes


def state(project: Project) -> str:
    """What changes with each commit, told without starting git; empty where there is none."""
    places = (place / ".git" for place in (project.root, *project.root.parents))
    folder = next((place for place in places if place.exists()), None)
    try:
        if folder is None:
            return ""
        if folder.is_file():  # a worktree
            folder = folder.parent / folder.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        log = folder / "logs" / "HEAD"
        return f"{(folder / 'HEAD').read_text(encoding='utf-8')} {log.stat().st_size if log.exists() else ''}"
    except OSError:
        return ""


def _committed(project: Project, pages: Sequence[Path]) -> dict[Path, tuple[str, datetime]]:
    """Of each page that git knows: the name of its last committed content, and when that was committed."""
    if not pages:
        return {}
    command = ["git", "log", "--raw", "--no-abbrev", "--no-renames", "--relative", "-z", f"--format={START}%cI", "--"]
    try:
        done = subprocess.run(
            [*command, *map(str, pages)], cwd=project.root, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return {}  # no git here, or nothing committed
    found: dict[Path, tuple[str, datetime]] = {}
    for commit in done.stdout.decode("utf-8", "surrogateescape").split(START)[1:]:
        when, *entries = commit.strip("\0\n").replace("\n", "\0").split("\0")
        fields = [entry for entry in entries if entry]
        for about, name in zip(fields[::2], fields[1::2], strict=False):
            if match := BLOB.match(about):
                found.setdefault(Path(name), (match["blob"], datetime.fromisoformat(when).astimezone(UTC)))
    return found


def _blob(data: bytes, like: str) -> str:
    """Git's name for a content, by the kind of digest that another has; with the line ends that git keeps, if any."""
    hashed = hashlib.sha1 if len(like) == 40 else hashlib.sha256

    def name(text: bytes) -> str:
        return hashed(b"blob %d\0" % len(text) + text, usedforsecurity=False).hexdigest()

    return like if like in (name(data), name(data.replace(b"\r\n", b"\n"))) else name(data)
