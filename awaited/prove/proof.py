"""Proves that the scripts in ``examples/`` print what the pages show: runs each as its own process, and compares.

Equal means equal. Only durations in seconds may differ, within ``TOLERANCE``; what else varies must be declared at the
cell (``#| varies: <regular expression>``) and is listed in the report. The same rule holds under every Python from 3.11
on that the machine has, each in an environment of its own with just the packages that the scripts import.
"""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awaited import httpbin
from awaited.execute.processes import RUN, end_group, end_marked
from awaited.memory import freezer
from awaited.memory.files import write_whole
from awaited.memory.plain_text import plain
from awaited.progress import Progress
from awaited.prove.pythons import Python, find_pythons, numbers, prepare
from awaited.read.articles import Article
from awaited.read.errors import AwaitedError
from awaited.read.metadata import as_list
from awaited.read.project import Project
from awaited.tangle.scripts import Script

FORMAT = 1
DURATION = re.compile(r"\d+(?:\.\d+)?(?= ?s\b)")
TOLERANCE = (0.25, 0.15)
"""How far a duration may be off: seconds, or a part of the longer one, whichever is more."""
STANDS_FOR_VARYING = "<varies>"
SETTINGS = {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
"""The environment that scripts run in, over our own."""


@dataclass(frozen=True)
class Run:
    """What one script did under one Python."""

    script: Script
    python: Python
    seconds: float
    problem: str = ""
    """Why it proves nothing: a difference as a unified diff, or an error; empty where it agrees with the page."""
    skipped: str = ""
    """Why it was not run under this Python."""
    warning: str = ""


@dataclass(frozen=True)
class Expected:
    """What a page shows a cell to print."""

    own: str
    """The cell's own output."""
    earlier: str
    """The output of the cells above it."""
    error: str = ""
    """The name of the exception that it raises, where it shall raise one."""


@dataclass
class Proof:
    """The outcome for a whole project."""

    runs: list[Run] = field(default_factory=list)
    unavailable: dict[str, str] = field(default_factory=dict)
    """Versions of Python that are on the machine but could not be used, with the reason."""
    unproven: dict[Path, str] = field(default_factory=dict)
    """Articles whose scripts are not run, as there is nothing to compare with, with the reason."""
    when: str = ""

    @property
    def problems(self) -> list[Run]:
        """The runs that contradict their page."""
        return [run for run in self.runs if run.problem]


def record_file(project: Project) -> Path:
    """Where the last proof is kept until the next one; the site gets its copy in ``finish``."""
    return project.freezer / "proofs.json"


async def prove(
    project: Project,
    scripts: Sequence[Script],
    progress: Progress,
    *,
    limit: float = 60,
    jobs: int | None = None,
    here_only: bool = False,
) -> Proof:
    """Runs every script under every Python, many at once, and compares what it prints with its page.

    ``limit`` is the time a script may take, in seconds, unless its cell says ``timeout``. Raises AwaitedError where a
    page has no frozen results, or a script on disk is missing.
    """
    unproven = _unproven(project, scripts)
    scripts = [script for script in scripts if script.article.path not in unproven]
    expected = {script.path: _expected(project, script) for script in scripts}
    for script in scripts:
        if not (project.root / script.path).is_file():
            raise AwaitedError("is missing; run 'awaited tangle'", script.path)
    proof = Proof(when=datetime.now(UTC).isoformat(timespec="seconds"), unproven=unproven)
    pythons = [Python.current()] if here_only else find_pythons()
    ready = await _prepare_all(project, pythons, scripts, proof, progress)
    places = asyncio.Semaphore(jobs or max(8, 4 * (os.cpu_count() or 1)))

    async def one(script: Script, python: Python) -> Run:
        async with places:
            return await _run(project, script, python, expected[script.path], script.cell.options.get("timeout", limit))

    with httpbin.running():
        proof.runs = list(await asyncio.gather(*(one(script, python) for python in ready for script in scripts)))
        for place, run in enumerate(proof.runs):
            if run.problem:  # on a busy machine durations suffer: whoever failed runs once more, alone
                proof.runs[place] = await one(run.script, run.python)
    _record(project, proof)
    return proof


async def _prepare_all(
    project: Project, pythons: Sequence[Python], scripts: Sequence[Script], proof: Proof, progress: Progress
) -> list[Python]:
    """The Pythons whose environments are there; the others are said in the proof."""
    sources = [script.text for script in scripts]
    ready = []
    for python, result in zip(
        pythons,
        await asyncio.gather(
            *(prepare(project, python, sources, progress) for python in pythons), return_exceptions=True
        ),
        strict=True,
    ):
        if isinstance(result, AwaitedError):
            proof.unavailable[python.version] = result.message
        elif isinstance(result, BaseException):
            raise result
        else:
            ready.append(result)
    return ready


def _unproven(project: Project, scripts: Iterable[Script]) -> dict[Path, str]:
    """The articles with nothing that their scripts could be compared with, though their pages stand; and why."""
    articles = {script.article.path: script.article for script in scripts}.values()
    return {article.path: reason for article in articles if (reason := _why_unproven(project, article))}


def _why_unproven(project: Project, article: Article) -> str:
    source = (project.root / article.path).read_bytes()
    if not freezer.is_settled(project.freezer, article, source):
        return ""
    if freezer.read(project.freezer, article.path) is None:
        return "Quarto froze its results, and does not keep what each cell printed; 'awaited execute --fresh' does"
    is_current = freezer.is_current(project.freezer, article.path, source)
    return "" if is_current else "'freeze: true' keeps the results of an older text; 'awaited execute --fresh' runs it"


def _expected(project: Project, script: Script) -> Expected:
    frozen = freezer.read(project.freezer, script.article.path)
    if frozen is None:
        raise AwaitedError("has no frozen results; run 'awaited execute' first", script.article.path)
    results = frozen.by_number
    own = results.get(script.cell.number)
    outputs = own.outputs if own else ()
    earlier = [r for number, r in sorted(results.items()) if number < script.cell.number]
    error = next((str(output["ename"]) for output in outputs if output["output_type"] == "error"), "")
    return Expected(_stdout(outputs), "".join(_stdout(result.outputs) for result in earlier), error)


def _stdout(outputs: Iterable[Mapping[str, Any]]) -> str:
    return "".join(
        plain("".join(output["text"]))
        for output in outputs
        if output["output_type"] == "stream" and output["name"] == "stdout"
    )


async def _run(project: Project, script: Script, python: Python, expected: Expected, limit: float) -> Run:
    if not script.cell.works_on(python.version):
        return Run(script, python, 0.0, skipped=f"works on Python {script.cell.options['python']}")
    start, run = time.perf_counter(), uuid.uuid4().hex
    process = await asyncio.create_subprocess_exec(
        python.executable,
        str(project.root / script.path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=project.root,
        env={**os.environ, **SETTINGS, RUN: run},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limit):
            stdout, stderr = await process.communicate()
    except TimeoutError:
        return Run(script, python, time.perf_counter() - start, problem=f"still running after {limit:g} s")
    finally:
        end_group(process.pid)
        end_marked(RUN, run)
        await process.wait()
    seconds = time.perf_counter() - start
    said = stderr.decode("utf-8", "replace").strip()
    problem = _wrong_ending(process.returncode or 0, said, expected) or difference(
        expected, stdout.decode("utf-8", "replace"), as_list(script.cell.options.get("varies", [])), script
    )
    return Run(script, python, seconds, problem=problem, warning="" if expected.error else said)


def _wrong_ending(status: int, stderr: str, expected: Expected) -> str:
    last = stderr.rpartition("\n")[2]
    if expected.error:
        raised = last.partition(":")[0].rpartition(".")[2]
        return "" if status and raised == expected.error else f"raised {last or 'nothing'}, not {expected.error}"
    return f"exit status {status}\n{stderr}" if status else ""


def difference(expected: Expected, printed: str, varying: Sequence[str], script: Script) -> str:
    """A diff of what a page shows and what a script has printed; empty where they agree.

    Before the cell's own output a script may print what statements of earlier cells print that it includes, in their
    order; that must be on the page as well.
    """
    page, here = expected.own.split("\n"), plain(printed).split("\n")
    split = max(0, len(here) - len(page))
    before, own = here[:split], here[split:]
    if _agree(page, own, varying) and _is_part(before, expected.earlier.split("\n"), varying):
        return ""
    names = f"{script.article.path}:{script.cell.line} (the page)", f"{script.path} (the script)"
    shown = difflib.unified_diff(
        page, own if _agree(page, own, varying) is False and split == 0 else here, *names, lineterm=""
    )
    return "\n".join(shown) or "the script prints what no cell above has printed:\n" + "\n".join(before)


def _agree(page: Sequence[str], here: Sequence[str], varying: Sequence[str]) -> bool:
    return len(page) == len(here) and all(_same(one, other, varying) for one, other in zip(page, here, strict=True))


def _is_part(lines: Sequence[str], of: Sequence[str], varying: Sequence[str]) -> bool:
    """Whether lines stand in others in the same order, with or without more between them."""
    rest = iter(of)
    return all(any(_same(line, other, varying) for other in rest) for line in lines)


def _same(page: str, here: str, varying: Sequence[str]) -> bool:
    for pattern in varying:
        page, here = (re.sub(pattern, STANDS_FOR_VARYING, text) for text in (page, here))
    if DURATION.sub("", page) != DURATION.sub("", here):
        return False
    pairs = zip(DURATION.findall(page), DURATION.findall(here), strict=True)
    return all(_close(float(one), float(other)) for one, other in pairs)


def _close(one: float, other: float) -> bool:
    seconds, part = TOLERANCE
    return abs(one - other) <= max(seconds, part * max(one, other))


def _record(project: Project, proof: Proof) -> None:
    """Keeps a proof as JSON; each entry names the script and the output that it holds for, by their digests."""
    articles: dict[str, Any] = {}
    for run in proof.runs:
        script = run.script
        entry = articles.setdefault(str(script.article.path), {}).setdefault(
            str(script.path),
            {
                "label": script.cell.label,
                "digest": digest(project, script),
                "varies": as_list(script.cell.options.get("varies", [])),
                "proven": {},
                "skipped": {},
            },
        )
        if run.skipped:
            entry["skipped"][run.python.version] = run.skipped
        elif not run.problem:
            entry["proven"][run.python.version] = round(run.seconds, 2)
    tolerance = {"seconds": TOLERANCE[0], "part": TOLERANCE[1]}
    record = {"format": FORMAT, "when": proof.when, "tolerance": tolerance, "articles": articles}
    write_whole(record_file(project), (json.dumps(record, indent=2) + "\n").encode())


def digest(project: Project, script: Script) -> str:
    """What a proof holds for: this very script, and this very output on its page."""
    expected = _expected(project, script)
    return hashlib.sha256(json.dumps([script.text, expected.own, expected.error]).encode()).hexdigest()


def read(project: Project, scripts: Sequence[Script]) -> tuple[str, dict[Path, dict[str, Any]]]:
    """When the last proof was made, and its entries that still hold, by script; empty where there is none."""
    try:
        record = json.loads(record_file(project).read_bytes())
        if record["format"] != FORMAT:
            return "", {}
        entries = {Path(path): entry for scripts in record["articles"].values() for path, entry in scripts.items()}
        unproven = _unproven(project, scripts)
        held = {s.path: entries[s.path] for s in scripts if s.article.path not in unproven
                and _is_proof(entries.get(s.path)) and entries[s.path]["digest"] == digest(project, s)}  # fmt: skip
        return datetime.fromisoformat(record["when"]).isoformat(), held
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "", {}


def _is_proof(entry: object) -> bool:
    """Whether an entry has the form that ``_record`` gives it, as far as pages make use of it."""
    match entry:
        case {"digest": str(), "proven": dict(proven), "skipped": dict(skipped)}:
            return all(re.fullmatch(r"[\d.]+\w*", version) for version in (*proven, *skipped))
    return False


def proven_versions(page: Path, scripts: Sequence[Script], held: Mapping[Path, Mapping[str, Any]]) -> list[str]:
    """The versions of Python on which every script of an article is proven, or declared not to work."""
    mine = [script for script in scripts if script.article.path == page]
    if not mine or any(script.path not in held for script in mine):
        return []
    entries = [held[script.path] for script in mine]
    versions = {version for entry in entries for version in entry["proven"]}
    return sorted((v for v in versions if all(v in e["proven"] or v in e["skipped"] for e in entries)), key=numbers)


def report(proof: Proof) -> str:
    """A proof as a table for a person: scripts against versions, then what is wrong."""
    versions = sorted({run.python.version for run in proof.runs}, key=numbers)
    by_place = {(run.script.path, run.python.version): run for run in proof.runs}
    paths = sorted({run.script.path for run in proof.runs})
    width = max((len(str(path)) for path in paths), default=10)
    lines = ["  ".join([" " * width, *(f"{version:>9}" for version in versions)])]
    for path in paths:
        marks = [f"{_mark(by_place[path, version]):>9}" for version in versions]
        lines.append("  ".join([f"{path!s:<{width}}", *marks]))
    lines += [f"not proven: {path}: {reason}" for path, reason in proof.unproven.items()]
    lines += [f"not used: Python {version}: {reason}" for version, reason in proof.unavailable.items()]
    declared = {
        r.script.path: as_list(r.script.cell.options["varies"]) for r in proof.runs if "varies" in r.script.cell.options
    }
    lines += [f"may vary in {path}: {', '.join(patterns)}" for path, patterns in declared.items()]
    for run in proof.problems:
        where = f"{run.script.article.path}:{run.script.cell.line}"
        lines.append(f"\n{where}: '{run.script.cell.label}' on Python {run.python.version}: {run.problem}")
    return "\n".join(lines)


def _mark(run: Run) -> str:
    return "-" if run.skipped else "WRONG" if run.problem else f"{run.seconds:.2f} s"
