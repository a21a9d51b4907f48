"""Keeps what scripts did, so that only those run again whose script, modules, packages or Python have changed.

``_freeze/proofs.json`` holds, for each script and each version of Python, a digest of what the run depended on, and
what the script printed. Whether that is what the page shows is judged anew each time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from awaited.execute.inputs import Lookup, imported, working_directory
from awaited.memory.files import write_whole
from awaited.prove.compare import Printed
from awaited.prove.environments import Environment
from awaited.prove.runs import Ran
from awaited.read.project import Project
from awaited.tangle.scripts import Script

FORMAT = 3


@dataclass(frozen=True)
class Kept:
    """A run that is kept, and what it held for."""

    content: str
    """The digest of the script and of the project's modules that it imports."""
    environment: str
    """The key of the environment that it ran in."""
    ran: Ran


@dataclass
class Record:
    """What scripts did, as far as it is known."""

    runs: dict[Path, dict[str, Kept]] = field(default_factory=dict)
    """By script and by version of Python."""
    packages: dict[str, dict[str, str]] = field(default_factory=dict)
    """The packages that scripts import, and their versions, by version of Python."""
    unavailable: dict[str, str] = field(default_factory=dict)
    """The Pythons of the machine that could not be used, and why."""
    system: str = ""
    """The system that all this was on."""
    in_browser: dict[Path, Kept] = field(default_factory=dict)
    """By script, what it did under the browser's Python, whose key as an environment is that of its files."""

    def of(self, script: Script, content: str) -> dict[str, Ran]:
        """The runs of a script as it is now, by version."""
        return {v: kept.ran for v, kept in self.runs.get(script.path, {}).items() if kept.content == content}

    def get(self, script: Script, content: str, environment: Environment) -> Ran | None:
        """The run of a script in an environment, where both are what they were."""
        kept = self.runs.get(script.path, {}).get(environment.python.version)
        is_same = kept and (kept.content, kept.environment) == (content, environment.key)
        return kept.ran if kept and is_same else None

    def put(self, script: Script, content: str, environment: Environment, ran: Ran) -> None:
        """Keeps a run."""
        kept = Kept(content, environment.key, ran)
        self.runs.setdefault(script.path, {})[environment.python.version] = kept


def contents(project: Project, scripts: list[Script]) -> dict[Path, str]:
    """For each script, a digest of its text and of the project's modules that it imports."""
    lookup, found = Lookup(), {}
    for script in scripts:
        modules, _ = imported([script.text], working_directory(project, script.article), project.root, lookup)
        found[script.path] = hashlib.sha256(json.dumps([script.text, modules]).encode()).hexdigest()
    return found


def record_file(project: Project) -> Path:
    """Where the record is."""
    return project.freezer / "proofs.json"


def read(project: Project) -> Record:
    """What is kept; nothing where that is missing, damaged or of another form."""
    try:
        found = json.loads(record_file(project).read_bytes())
        if found["format"] != FORMAT:
            return Record()
        runs = {
            Path(path): {version: _kept(entry) for version, entry in versions.items()}
            for path, versions in found["runs"].items()
        }
        packages = {str(v): {str(n): str(p) for n, p in names.items()} for v, names in found["packages"].items()}
        unavailable = {str(version): str(why) for version, why in found["unavailable"].items()}
        in_browser = {Path(path): _kept(entry) for path, entry in found["in_browser"].items()}
        return Record(runs, packages, unavailable, str(found["system"]), in_browser)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Record()


def _kept(entry: Mapping[str, Any]) -> Kept:
    match entry:
        case {"content": str(content), "environment": str(environment), "ran": {
            "status": int() | None as status, "seconds": int() | float() as seconds, "when": str(when),
            "printed": {"stdout": str(stdout), "stderr": str(stderr)}, "lacks": str(lacks),
        }} if 0 <= seconds < 1e9:  # fmt: skip
            datetime.fromisoformat(when)
            return Kept(content, environment, Ran(status, Printed(stdout, stderr), seconds, when, lacks))
    raise ValueError("no run")


def write(project: Project, record: Record) -> None:
    """Keeps what is known for the next build."""
    runs = {path.as_posix(): {version: asdict(kept) for version, kept in sorted(versions.items())}
            for path, versions in sorted(record.runs.items())}  # fmt: skip
    in_browser = {path.as_posix(): asdict(kept) for path, kept in sorted(record.in_browser.items())}
    entries = {"format": FORMAT, **asdict(record), "runs": runs, "in_browser": in_browser}
    text = json.dumps(entries, indent=1, ensure_ascii=False)
    write_whole(record_file(project), f"{text}\n".encode(errors="replace"))
