"""What an author or Quarto has frozen stays: cells run, and records are written, only where Quarto would do so too."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from awaited.__main__ import main
from awaited.execute import articles as module
from awaited.execute.cells import Results
from awaited.execute.inputs import evaluated
from awaited.memory import freezer
from awaited.memory.results import CellResult
from awaited.progress import Progress
from awaited.read.articles import Article
from awaited.read.project import Project
from tests.awaited.memory.samples import quartos_record, stream

PAGE = Path("posts/a.qmd")
ARTICLE = "---\ntitle: A\n---\n\nOld prose.\n\n```{python}\n#| label: a\nprint('new')\n```\n"
FROZEN_PAGE = """\
---
title: A
---

Old prose.

::: {#a .cell execution_count=1}
``` {.python .cell-code}
print('new')
```

::: {.cell-output .cell-output-stdout}
```
as Quarto froze it
```
:::
:::
"""
KEPT = "keeping posts/a.qmd as it was frozen: 'freeze: true' says so; --fresh runs it\n"
OTHER_PROSE, OTHER_CODE = ("Old prose.", "New prose."), ("print('new')", "print('newer')")


@dataclass
class Trial:
    """A project with one article, whose cells are only said to have run."""

    project: Project
    run: Callable[..., Any]
    progress: Progress
    ran: list[Path] = field(default_factory=list)

    @property
    def record(self) -> Path:
        return freezer.record_file(self.project.freezer, PAGE)

    def execute(self, **options: object) -> bool:
        """Whether the cells ran."""
        self.ran.clear()
        self.run(self.project, self.progress, **options)
        return bool(self.ran)

    def edit(self, old: str, new: str) -> None:
        source = self.project.root / PAGE
        assert old in source.read_text()
        source.write_text(source.read_text().replace(old, new))

    def said(self) -> str:
        return self.progress.stream.getvalue()  # type: ignore[attr-defined]


@pytest.fixture
def trial(
    project: Callable[..., Project],
    run: Callable[..., Any],
    progress: Progress,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str | None], Trial]:
    def make(freeze: str | None) -> Trial:
        settings = {} if freeze is None else {"posts/_metadata.yml": f"freeze: {freeze}\n"}
        made = Trial(project({str(PAGE): ARTICLE, **settings}), run, progress)

        async def run_article(_: Project, article: Article, *__: object) -> Results:
            made.ran.append(article.path)
            return tuple(CellResult(cell.number, 0.0, (stream("as it ran\n"),)) for cell in evaluated(article)), ()

        monkeypatch.setattr(module, "run_article", run_article)
        return made

    return make


MakeTrial = Callable[[str | None], Trial]


@pytest.fixture
def by_quarto_alone(trial: MakeTrial) -> MakeTrial:
    """The same, with a record that Quarto itself has written."""

    def make(freeze: str | None) -> Trial:
        made = trial(freeze)
        made.record.parent.mkdir(parents=True)
        made.record.write_bytes(quartos_record(ARTICLE.encode(), FROZEN_PAGE))
        return made

    return make


@pytest.mark.parametrize(
    ("freeze", "edit", "runs"),
    [
        ("true", None, False),
        ("true", OTHER_PROSE, False),
        ("true", OTHER_CODE, False),
        ("auto", None, False),
        ("auto", OTHER_PROSE, True),
        ("auto", OTHER_CODE, True),
        ("false", None, True),
        (None, None, True),
    ],
)
def test_a_record_by_quarto(
    by_quarto_alone: MakeTrial, freeze: str | None, edit: tuple[str, str] | None, runs: bool
) -> None:
    trial = by_quarto_alone(freeze)
    before = trial.record.read_bytes()
    if edit:
        trial.edit(*edit)
    assert trial.execute() == runs
    assert ("awaited" in json.loads(trial.record.read_bytes())) == runs
    assert (trial.record.read_bytes() == before) != runs
    assert trial.said().endswith(KEPT if edit and not runs else "executing posts/a.qmd\n" if runs else "")


@pytest.mark.parametrize(
    ("freeze", "edit", "runs", "shown"),
    [
        ("true", OTHER_PROSE, False, "New prose."),
        ("true", OTHER_CODE, False, "print('new')"),
        ("auto", OTHER_PROSE, False, "New prose."),
        ("auto", OTHER_CODE, True, "print('newer')"),
        ("false", OTHER_PROSE, False, "New prose."),
        (None, OTHER_CODE, True, "print('newer')"),
    ],
)
def test_a_record_of_our_own(
    trial: MakeTrial, freeze: str | None, edit: tuple[str, str], runs: bool, shown: str
) -> None:
    made = trial(freeze)
    assert made.execute()
    made.edit(*edit)
    assert made.execute() == runs
    assert shown in freezer.markdown(made.project.freezer, PAGE), "what it shows are its results' own cells"
    assert made.said().endswith(KEPT) == (freeze == "true" and edit == OTHER_CODE)


def test_with_freeze_true_another_python_or_package_changes_nothing(
    trial: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = trial("true")
    assert made.execute()
    before = made.record.read_bytes()
    monkeypatch.setattr(module.platform, "python_version", lambda: "3.99.0")
    assert not made.execute()
    assert made.record.read_bytes() == before


@pytest.mark.parametrize("freeze", ["true", "auto", None])
def test_fresh_asks_for_a_run_whatever_is_frozen(by_quarto_alone: MakeTrial, freeze: str | None) -> None:
    trial = by_quarto_alone(freeze)
    assert trial.execute(fresh=True)
    assert "as it ran" in freezer.markdown(trial.project.freezer, PAGE)
    assert trial.execute(fresh=True)


@pytest.mark.parametrize("freeze", ["true", "auto"])
@pytest.mark.parametrize("record", [None, b"", b"[]", b'{"hash": "x", "result": {}}'])
def test_what_holds_no_page_is_not_kept(trial: MakeTrial, freeze: str, record: bytes | None) -> None:
    made = trial(freeze)
    if record is not None:
        made.record.parent.mkdir(parents=True)
        made.record.write_bytes(record)
    assert made.execute()


def test_with_freeze_true_a_record_of_ours_that_no_version_can_use_stays(trial: MakeTrial) -> None:
    made = trial("true")
    assert made.execute()
    damaged = made.record.read_bytes().replace(b'"format": 1', b'"format": 99')
    made.record.write_bytes(damaged)
    assert not made.execute()
    assert made.record.read_bytes() == damaged


@pytest.mark.parametrize("freeze", ["true", "auto"])
def test_weave_takes_the_page_that_quarto_froze_as_it_is(
    by_quarto_alone: MakeTrial, capfd: pytest.CaptureFixture[str], freeze: str
) -> None:
    trial = by_quarto_alone(freeze)
    before = trial.record.read_bytes()
    assert main(["weave", "--engine", "smalldocs", str(trial.project.root)]) == 0, capfd.readouterr().err
    page = (trial.project.site / "posts/a.html").read_text()
    assert "as Quarto froze it" in page
    assert 'href="../examples/a/a.html"' in page, "its scripts are tangled still"
    assert trial.record.read_bytes() == before


@pytest.mark.parametrize(("freeze", "status"), [("true", 0), ("auto", 1)])
def test_weave_takes_a_page_that_has_changed_only_with_freeze_true(
    by_quarto_alone: MakeTrial, capfd: pytest.CaptureFixture[str], freeze: str, status: int
) -> None:
    trial = by_quarto_alone(freeze)
    trial.edit(*OTHER_PROSE)
    assert main(["weave", "--engine", "smalldocs", str(trial.project.root)]) == status
    said = "posts/a.qmd: has changed since its results were frozen; run 'awaited build'"
    assert (said in capfd.readouterr().err) == bool(status)


def test_a_build_and_a_proof_of_what_quarto_froze(by_quarto_alone: MakeTrial) -> None:
    trial = by_quarto_alone("auto")
    before = trial.record.read_bytes()

    def awaited(verb: str, *options: str) -> str:
        command = [sys.executable, "-m", "awaited", verb, *options, str(trial.project.root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "no cell had to run" in awaited("build", "--engine", "smalldocs")
    reason = "Quarto froze its results, and does not keep what each cell printed; 'awaited execute --fresh' does"
    assert f"not proven: posts/a.qmd: {reason}\n" in awaited("prove")
    assert (trial.project.root / "examples/a/a.py").is_file()
    assert 'class="proof"' not in (trial.project.site / "posts/a.html").read_text()
    assert trial.record.read_bytes() == before
