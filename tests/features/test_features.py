"""Each row of the table of features is tried: what it says works is on the page, what is left out the build names."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from awaited.weave.engines import find_quarto
from tests.conftest import MakeProject
from tests.features.trials import CONFIG, FILES, GROUPS, Trial

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "_features.qmd").read_text(encoding="utf-8")
TRIALS = {name: trial for group in GROUPS.values() for name, trial in group.items()}
WITH_ITS_OWN_CONTROLS = "with `controls: false`"
WORKS, LEFT_OUT = "works", "left out, and named"


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    group: str
    feature: str
    without_quarto: str
    with_quarto: str


def rows() -> list[Row]:
    found, group = [], ""
    for line in TABLE.split("\n"):
        if heading := re.fullmatch(r"### (.+)", line):
            group = heading[1]
        elif (match := re.fullmatch(r"\| (.+?) \| (.+?) \| (.+?) \|", line)) and match[1] != "Feature":
            found.append(Row(group, match[1].replace("`", ""), match[2], match[3]))
    return found


def test_the_table_has_a_row_for_each_trial() -> None:
    listed = {(row.group, row.feature) for row in rows()}
    assert listed == {(group, name) for group, trials in GROUPS.items() for name in trials}
    assert len(rows()) == len(listed)


def source(name: str) -> str:
    return re.sub(r"\W+", "-", name).strip("-").lower() + ".qmd"


def is_possible(trial: Trial) -> bool:
    """Whether Quarto can make its page here."""
    return not trial.needs or shutil.which(trial.needs) is not None


@dataclass(frozen=True)
class Site:
    """What was built of all trials."""

    folder: Path
    said: str

    def text(self, name: str, trial: Trial) -> str:
        pattern = trial.file or source(name).replace(".qmd", ".html")
        (file,) = self.folder.glob(pattern)
        return html.unescape(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def build(make_project: MakeProject, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Site]:
    def build(engine: str, names: Iterable[str] = tuple(TRIALS), config: str = CONFIG) -> Site:
        tried = [(name, TRIALS[name]) for name in names if engine != "quarto" or is_possible(TRIALS[name])]
        pages = {source(name): trial.text for name, trial in tried if trial.text}
        project = make_project(tmp_path_factory.mktemp(engine), {**FILES, **pages}, config)
        command = [sys.executable, "-m", "awaited", "build", "--no-prove", "--engine", engine]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=project.root, env=environment, capture_output=True, text=True, timeout=500, check=False
        )
        assert done.returncode == 0, done.stderr
        return Site(project.site, done.stderr)

    return build


@pytest.fixture(scope="session")
def embedded(build: Callable[..., Site]) -> Site:
    return build("smalldocs")


@pytest.fixture(scope="session")
def by_quarto(build: Callable[..., Site]) -> Site:
    return build("quarto")


@pytest.fixture(scope="session")
def untouched(build: Callable[..., Site]) -> Site:
    """Pages of Quarto's with its own controls."""
    names = [row.feature for row in rows() if row.with_quarto == WITH_ITS_OWN_CONTROLS]
    return build("quarto", ["toc", *names], f"{CONFIG}  controls: false\n")


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.feature)
def test_without_quarto(embedded: Site, row: Row) -> None:
    trial = TRIALS[row.feature]
    assert row.without_quarto == (LEFT_OUT if trial.named else WORKS)
    text = embedded.text(row.feature, trial)
    for pattern in trial.shows:
        assert re.search(pattern, text), text
    place = source(row.feature) if trial.text else r"(?:_quarto\.yml|\S+)"
    notes = [line for line in embedded.said.split("\n") if re.search(rf"note: {place}(?::\d+)?: ", line)]
    if trial.named:
        assert any(trial.named in note for note in notes) or re.search(
            rf"{re.escape(trial.named)} \(also in", embedded.said
        ), embedded.said
    elif trial.text:
        assert not notes


@pytest.mark.skipif(find_quarto() is None, reason="needs Quarto, which tells of itself")
@pytest.mark.parametrize("row", [r for r in rows() if is_possible(TRIALS[r.feature])], ids=lambda row: row.feature)
def test_with_quarto(row: Row, request: pytest.FixtureRequest) -> None:
    trial, has_own = TRIALS[row.feature], row.with_quarto == WITH_ITS_OWN_CONTROLS
    by_quarto: Site = request.getfixturevalue("untouched" if has_own else "by_quarto")
    if has_own or row.with_quarto == WORKS:
        text = by_quarto.text(row.feature, trial)
        for pattern in trial.with_quarto or trial.shows:
            assert re.search(pattern, text), text
    else:
        assert row.with_quarto == LEFT_OUT
        assert trial.named in by_quarto.said


def test_nothing_else_is_named(embedded: Site) -> None:
    """So that a note is news: what the trials do not leave out on purpose is told nowhere."""
    named = [trial.named for trial in TRIALS.values() if trial.named]
    notes = [line for line in embedded.said.split("\n") if "note: " in line]
    assert [note for note in notes if not any(name in note for name in named)] == []
