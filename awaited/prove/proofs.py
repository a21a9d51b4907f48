"""Judges what scripts have printed: what each proves, under which Python, and what contradicts its page."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from awaited.live.files import PYTHON
from awaited.memory import freezer
from awaited.memory.plain_text import plain
from awaited.memory.results import CellResult
from awaited.prove.compare import Difference, Printed, Shown, difference
from awaited.prove.pythons import numbers
from awaited.prove.record import Record
from awaited.prove.runs import Ran
from awaited.read import places
from awaited.read.articles import Article
from awaited.read.errors import AwaitedError
from awaited.read.metadata import as_list
from awaited.read.project import Project
from awaited.read.versions import in_words
from awaited.tangle.scripts import Script

Outcome = Literal["same", "other", "left out"]


@dataclass(frozen=True)
class Proof:
    """What one script has shown under one Python."""

    version: str
    """Such as ``3.12.1``."""
    outcome: Outcome
    """"same": it prints what its page shows; "other": something else, as its cell says; "left out": it was not run."""
    seconds: float = 0.0
    when: str = ""
    """When it ran, as ISO 8601 in UTC; empty for one that did not."""
    text: str = ""
    """What it printed, where that is something else; why it did not run."""


@dataclass(frozen=True)
class Problem:
    """A script that contradicts its page."""

    script: Script
    version: str
    difference: Difference

    @property
    def where(self) -> str:
        """The article, the line, the snippet and the Python, for a person."""
        cell = self.script.cell
        return f"{places.where(self.script.article.path, cell.line)}: '{cell.label}' on Python {self.version}"


@dataclass
class Proofs:
    """What is proven of a project's scripts."""

    of: dict[Path, list[Proof]] = field(default_factory=dict)
    """By script, in the order of the versions."""
    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The packages that scripts import, and their versions, by version of Python."""
    unavailable: Mapping[str, str] = field(default_factory=dict)
    """The Pythons of the machine that could not be used, and why."""
    system: str = ""
    problems: list[Problem] = field(default_factory=list)
    unproven: dict[Path, str] = field(default_factory=dict)
    """The articles with nothing that their scripts could be compared with, and why."""
    in_browser: dict[Path, Proof] = field(default_factory=dict)
    """What scripts have shown under the Python of a reader's browser; nothing of those that were not tried there."""

    def versions(self, script: Script) -> list[str]:
        """The versions of Python on which a script prints what its page shows."""
        return [proof.version for proof in self.of.get(script.path, ()) if proof.outcome == "same"]

    def holds_in_browser(self, script: Script) -> bool:
        """Whether a script prints what its page shows in a reader's browser, too."""
        return script.path in self.in_browser and self.in_browser[script.path].outcome == "same"

    def unfit(self, scripts: Iterable[Script]) -> dict[str, str]:
        """Of snippets whose proof does not hold in a reader's browser, by their label: why, as a sentence."""
        untried = Proof(PYTHON, "left out", text="It was not tried in a browser when this page was made.")
        found = {str(script.cell.label): self.in_browser.get(script.path, untried) for script in scripts}
        return {label: proof.text for label, proof in found.items() if proof.outcome != "same"}

    @property
    def when(self) -> str:
        """When the last of the runs began; empty where there is none."""
        return max((proof.when for proofs in self.of.values() for proof in proofs), default="")


def judge(project: Project, scripts: Sequence[Script], contents: Mapping[Path, str], record: Record) -> Proofs:
    """What the runs of a record prove of scripts; nothing of those whose page has no results of ours."""
    proofs = Proofs({}, record.packages, record.unavailable, record.system)
    versions = sorted(record.packages, key=numbers)
    articles = {script.article.path: script.article for script in scripts}
    proofs.unproven = {path: why for path, article in articles.items() if (why := why_unproven(project, article))}
    for script in scripts:
        if script.article.path in proofs.unproven:
            continue
        page, runs = shown(project, script), record.of(script, contents[script.path])
        if page is None:
            continue
        kept = record.in_browser.get(script.path)
        if project.settings.live and kept and kept.content == contents[script.path]:
            proofs.in_browser[script.path] = _in_browser(script, page, kept.ran)
        for version in versions:
            if not script.cell.works_on(version):
                needs = f"needs Python {script.cell.options['python']}"
                proofs.of.setdefault(script.path, []).append(Proof(version, "left out", text=needs))
            elif version in runs:
                verdict = _verdict(script, version, page, runs[version])
                if isinstance(verdict, Proof):
                    proofs.of.setdefault(script.path, []).append(verdict)
                else:
                    proofs.problems.append(Problem(script, version, verdict))
    return proofs


def _verdict(script: Script, version: str, page: Shown, ran: Ran) -> Proof | Difference:
    if ran.status is None:
        return Difference(f"still running after {ran.seconds:.0f} s; 'timeout: N' at the cell allows it more")
    found = difference(page, ran.printed, ran.status, varying(script))
    if script.cell.is_printed_by(version):
        return found or Proof(version, "same", ran.seconds, ran.when)
    if found is None:
        wanted = script.cell.options["printed-by"]
        return Difference(f"it prints what the page shows, though the cell says 'printed-by: {wanted}'; correct that")
    return Proof(version, "other", ran.seconds, ran.when, (ran.printed.stdout + ran.printed.stderr).rstrip())


def varying(script: Script) -> list[str]:
    """The patterns for what may differ."""
    return [str(pattern) for pattern in as_list(script.cell.options.get("varies", []))]


def _in_browser(script: Script, page: Shown, ran: Ran) -> Proof:
    """What a script has shown in the browser: that it does something else there is no error, but no proof either."""
    if not script.cell.works_on(PYTHON):
        why = f"It needs {in_words(script.cell.options['python'])}, and the browser has Python {PYTHON}."
    elif ran.lacks:
        why = ran.lacks
    elif absent := re.search(r"^ModuleNotFoundError: No module named '(\w+)", ran.printed.stderr, re.M):
        why = f"It needs the package {absent[1]}, which the browser's Python has not."
    elif ran.status is None:
        why = "It takes too long in a browser."
    elif difference(page, ran.printed, ran.status, varying(script)):
        why = "It prints something else in a browser."
    else:
        return Proof(PYTHON, "same", ran.seconds, ran.when)
    return Proof(PYTHON, "left out", ran.seconds, ran.when, why)


def why_unproven(project: Project, article: Article) -> str:
    """Why a frozen page shows nothing that its article's scripts could be compared with; empty where it does."""
    source = (project.root / article.path).read_bytes()
    if freezer.read(project.freezer, article.path) is None:
        with contextlib.suppress(AwaitedError):
            freezer.markdown(project.freezer, article.path)
            return "Quarto froze its results, and does not keep what each cell printed; 'awaited execute --fresh' does"
    elif article.freeze is True and not freezer.is_current(project.freezer, article.path, source):
        return "'freeze: true' keeps the results of an older text; 'awaited execute --fresh' runs it"
    return ""


def stays_unproven(project: Project, article: Article) -> bool:
    """Whether an article's scripts need not run, as there is nothing to compare with, and cells will not run either."""
    source = (project.root / article.path).read_bytes()
    return freezer.is_settled(project.freezer, article, source) and bool(why_unproven(project, article))


def shown(project: Project, script: Script) -> Shown | None:
    """What the page shows of a script's cell, and of those above it; None where it has no results of ours."""
    frozen = freezer.read(project.freezer, script.article.path)
    if frozen is None:
        return None
    results = frozen.by_number
    own = results.get(script.cell.number)
    earlier = [result for number, result in sorted(results.items()) if number < script.cell.number]
    errors = [output for result in filter(None, [own]) for output in result.outputs if output["output_type"] == "error"]
    error = plain(f"{errors[0]['ename']}: {errors[0]['evalue']}").rstrip(": ").partition("\n")[0] if errors else ""
    hides_stderr = script.cell.setting("warning") is False
    return Shown(_printed(filter(None, [own])), _printed(earlier), error, hides_stderr)


def _printed(results: Iterable[CellResult]) -> Printed:
    texts = {"stdout": "", "stderr": ""}
    for output in (output for result in results for output in result.outputs):
        if output["output_type"] == "stream":
            texts[output["name"]] += plain("".join(output["text"]))
    return Printed(**texts)


def disown(proofs: Proofs, scripts: Iterable[Script], why: str) -> None:
    """Takes back what has been proven of some scripts, for a reason: their pages show another run."""
    for script in scripts:
        proofs.in_browser.pop(script.path, None)
        if proofs.of.pop(script.path, None):
            proofs.unproven[script.article.path] = why


def report(proofs: Proofs, scripts: Sequence[Script]) -> str:
    """The proofs as a table for a person: scripts against versions, then what is wrong."""
    versions = list(proofs.packages)
    width = max((len(str(script.path)) for script in scripts), default=10)
    in_browser = ["browser"] if proofs.in_browser else []
    lines = ["  ".join([" " * width, *(f"{version:>9}" for version in [*versions, *in_browser])])]
    wrong = {(problem.script.path, problem.version) for problem in proofs.problems}
    for script in scripts:
        found = {proof.version: proof for proof in proofs.of.get(script.path, ())}
        marks = ["WRONG" if (script.path, v) in wrong else _mark(found.get(v)) for v in versions]
        marks += [_mark(proofs.in_browser.get(script.path))] if in_browser else []
        lines.append("  ".join([f"{script.path!s:<{width}}", *(f"{mark:>9}" for mark in marks)]))
    for script in scripts:
        if script.path in proofs.in_browser and not proofs.holds_in_browser(script):
            lines.append(f"not in the browser: {script.path}: {proofs.in_browser[script.path].text}")
    lines += [f"not proven: {path}: {reason}" for path, reason in proofs.unproven.items()]
    lines += [f"not used: Python {version}: {reason}" for version, reason in proofs.unavailable.items()]
    for script in scripts:
        if patterns := as_list(script.cell.options.get("varies", [])):
            lines.append(f"may vary in {script.path}: {', '.join(patterns)}")
    return "\n".join([*lines, *map(explain, proofs.problems)])


def explain(problem: Problem) -> str:
    """What is wrong, with the difference."""
    return f"\n{problem.where}: {problem.difference.text}"


def _mark(proof: Proof | None) -> str:
    if proof is None:
        return ""
    return f"{proof.seconds:.2f} s" if proof.outcome == "same" else {"other": "other", "left out": "-"}[proof.outcome]


def public(project: Project, scripts: Sequence[Script], proofs: Proofs) -> dict[str, Any]:
    """The proofs for machines, as JSON."""
    from awaited.prove.compare import TOLERANCE

    return {
        "when": proofs.when,
        "system": proofs.system,
        "pythons": proofs.packages,
        "unavailable": proofs.unavailable,
        "tolerance": {"seconds": TOLERANCE[0], "part": TOLERANCE[1]},
        "scripts": {
            script.path.as_posix(): {
                "page": script.article.path.as_posix(),
                "label": script.cell.label,
                "varies": as_list(script.cell.options.get("varies", [])),
                "runs": [vars(proof) for proof in proofs.of.get(script.path, ())],
                "in_browser": vars(proofs.in_browser[script.path]) if script.path in proofs.in_browser else None,
            }
            for script in scripts
        },
    }
