"""What of a machine decides how snippets come into the pages: its browser, its Pythons, and what npm's settings say."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
"""What a Chromium may be called on the PATH, the lightest first."""
MINOR = "3.14"
"""The version of Python that the browser's Python has."""


def browser() -> str | None:
    """The browser to run scripts in; None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def compilers() -> list[str]:
    """The programs that may be a Python whose bytecode the browser's understands."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    current = [sys.executable] if sys.version.startswith(f"{MINOR}.") else []
    named = filter(None, [shutil.which(f"python{MINOR}")])
    places = [*pyenv.glob(f"versions/{MINOR}.*/bin/python"), *Path("/opt").glob(f"*/bin/python{MINOR}")]
    return [*current, *named, *map(str, sorted(places))]


def npm_setting(name: str) -> str:
    """What the environment says of one of npm's settings, in either case; empty where it says nothing."""
    variable = f"npm_config_{name}"
    return os.environ.get(variable) or os.environ.get(variable.upper()) or ""


def npm_files(root: Path) -> list[Path]:
    """Where npm's settings stand, those of a project first (npm's documentation, "npmrc")."""
    user, everyone = npm_setting("userconfig") or Path.home() / ".npmrc", npm_setting("globalconfig") or "/etc/npmrc"
    return [root / ".npmrc", Path(user), Path(everyone)]


def state(root: Path) -> list[object]:
    """What changes when one of these does."""
    settings = [(str(file), file.stat().st_mtime_ns) for file in npm_files(root) if file.is_file()]
    return [browser(), compilers(), npm_setting("registry"), settings]
