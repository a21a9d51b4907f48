"""That page, script and behaviour agree is only worth saying if it is noticed when they do not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.__main__ import main
from awaited.execute.signals import run_until_done
from awaited.memory import freezer
from awaited.progress import Progress
from awaited.prove import proof
from awaited.prove.proof import Expected
from awaited.prove.proofs import Proof
from awaited.read.project import Project
from awaited.tangle.scripts import Script, tangle_project, write

CONFIG = "project:\n  type: website\nwebsite:\n  title: Trial\n  site-url: https://example.org\n"
ARTICLE = """---
title: Trial
---

## Greeting

```{python}
#| label: hello
import time

start = time.perf_counter()
time.sleep(0.1)
print(f"Hello after {time.perf_counter() - start:.2f}s")
```

```{python}
#| label: hidden-away
#| example: false
print("not a script")
```

```{python}
#| label: number
#| varies: 'object at 0x[0-9a-f]+'
print(object())
```

```{python}
#| label: failing
#| error: true
raise ValueError("on purpose")
```

```{python}
#| label: newest
#| python: ">=3.99"
print("the future")
```
"""
MakeProject = Callable[..., Project]


@pytest.fixture(scope="module")
def proven(tmp_path_factory: pytest.TempPathFactory, make_project: MakeProject, run: Callable[..., object]) -> Project:
    """A project whose article has run and whose scripts are written."""
    project = make_project(tmp_path_factory.mktemp("proven"), {"posts/trial/index.qmd": ARTICLE}, CONFIG)
    run(project)
    write(project, tangle_project(project))
    return project


@pytest.fixture
def project(proven: Project, tmp_path: Path) -> Project:
    """A copy of it, to spoil."""
    import shutil

    from awaited.read.project import load

    shutil.copytree(proven.root, tmp_path / "copy")
    return load(tmp_path / "copy")


def attempt(project: Project, **options: object) -> Proof:
    scripts = tangle_project(project)
    options = {"here_only": True, "limit": 30, **options}
    return run_until_done(lambda: proof.prove(project, scripts, Progress(io.StringIO()), **options))  # type: ignore[arg-type]


def change_frozen(project: Project, old: str, new: str) -> None:
    file = freezer.record_file(project.freezer, Path("posts/trial/index.qmd"))
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_scripts_that_print_what_their_page_shows_are_proven(project: Project) -> None:
    proof = attempt(project)
    assert proof.problems == []
    marks = {run.script.cell.label: bool(run.skipped) for run in proof.runs}
    assert marks == {"hello": False, "number": False, "failing": False, "newest": True}


def test_what_varies_and_what_is_not_run_is_said_in_the_report(project: Project) -> None:
    report = proof.report(attempt(project))
    assert "may vary in examples/trial/number.py: object at 0x[0-9a-f]+" in report
    assert "examples/trial/newest.py" in report
    assert "WRONG" not in report


def test_the_record_holds_until_the_script_or_the_page_changes(project: Project) -> None:
    attempt(project)
    scripts = tangle_project(project)
    when, held = proof.read(project, scripts)
    assert when
    assert set(held) == {script.path for script in scripts}
    assert proof.proven_versions(Path("posts/trial/index.qmd"), scripts, held) != []
    change_frozen(project, "Hello after", "Good morning after")
    _, held = proof.read(project, scripts)
    assert Path("examples/trial/hello.py") not in held
    assert proof.proven_versions(Path("posts/trial/index.qmd"), scripts, held) == []


@pytest.mark.parametrize("record", ["", "{", "[]", '{"format": 0}', '{"format": 1, "articles": []}'])
def test_a_broken_record_proves_nothing(project: Project, record: str) -> None:
    proof.record_file(project).write_text(record, encoding="utf-8")
    assert proof.read(project, tangle_project(project)) == ("", {})


# ---- mutations: each is caught, with a message that says where


def test_a_word_changed_in_the_frozen_output_is_caught(project: Project) -> None:
    change_frozen(project, "Hello after", "Hallo after")
    (problem,) = attempt(project).problems
    assert "posts/trial/index.qmd:7 (the page)" in problem.problem
    assert "-Hallo after" in problem.problem
    assert "+Hello after" in problem.problem


def test_a_word_changed_in_a_script_is_caught(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    script = project.root / "examples/trial/hello.py"
    script.write_text(script.read_text(encoding="utf-8").replace("Hello", "Hallo"), encoding="utf-8")
    (problem,) = attempt(project).problems
    assert "+Hallo after" in problem.problem
    assert main(["tangle", "--check", str(project.root)]) == 1
    assert "examples/trial/hello.py" in capsys.readouterr().out


def test_a_deleted_script_is_caught(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (project.root / "examples/trial/hello.py").unlink()
    assert main(["prove", "--here-only", str(project.root)]) == 1
    assert "examples/trial/hello.py: is missing; run 'awaited tangle'" in capsys.readouterr().err
    assert main(["tangle", "--check", str(project.root)]) == 1


def test_a_renamed_label_is_caught(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    page = project.root / "posts/trial/index.qmd"
    page.write_text(page.read_text(encoding="utf-8").replace("label: hello", "label: greeting"), encoding="utf-8")
    assert main(["tangle", "--check", str(project.root)]) == 1
    shown = capsys.readouterr().out
    assert "examples/trial/hello.py" in shown
    assert "examples/trial/greeting.py" in shown


def test_a_script_that_raises_is_caught(project: Project) -> None:
    script = project.root / "examples/trial/hello.py"
    script.write_text('raise SystemExit("no")', encoding="utf-8")
    (problem,) = attempt(project).problems
    assert problem.problem.startswith("exit status 1")


def test_a_script_that_does_not_raise_as_its_page_does_is_caught(project: Project) -> None:
    script = project.root / "examples/trial/failing.py"
    script.write_text("raise KeyError('on purpose')", encoding="utf-8")
    (problem,) = attempt(project).problems
    assert "not ValueError" in problem.problem


def test_a_script_that_hangs_is_ended_with_all_it_started(
    project: Project, kernels_of: Callable[[Path], list[str]]
) -> None:
    script = project.root / "examples/trial/hello.py"
    script.write_text("import subprocess\nsubprocess.run(['sleep', '600'])\n", encoding="utf-8")
    (problem,) = attempt(project, limit=1).problems
    assert problem.problem == "still running after 1 s"
    assert kernels_of(project.root) == []


def test_without_frozen_results_there_is_nothing_to_prove(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    freezer.record_file(project.freezer, Path("posts/trial/index.qmd")).unlink()
    assert main(["prove", "--here-only", str(project.root)]) == 1
    assert "posts/trial/index.qmd: has no frozen results" in capsys.readouterr().err


# ---- the comparison

HERE = Script


@pytest.mark.parametrize(
    ("page", "printed", "earlier", "varies", "agrees"),
    [
        ("one\n", "one\n", "", [], True),
        ("one\n", "two\n", "", [], False),
        ("one\n", "one", "", [], False),
        ("took 2.00s\n", "took 2.24s\n", "", [], True),
        ("took 2.00s\n", "took 2.60s\n", "", [], False),
        ("took 20 s\n", "took 22.5 s\n", "", [], True),
        ("took 20 s\n", "took 24 s\n", "", [], False),
        ("version 2.00\n", "version 2.01\n", "", [], False),
        ("2.00s and 3.00s\n", "2.10s\n", "", [], False),
        ("port 1234\n", "port 4321\n", "", [r"\d{4}"], True),
        ("port 1234\n", "gate 4321\n", "", [r"\d{4}"], False),
        ("own\n", "before\nown\n", "x\nbefore\ny\n", [], True),
        ("own\n", "after\nbefore\nown\n", "before\nafter\n", [], False),
        ("own\n", "unknown\nown\n", "before\n", [], False),
        ("", "", "", [], True),
        ("", "more\n", "", [], False),
    ],
)
def test_equal_means_equal_but_for_durations(
    project: Project, page: str, printed: str, earlier: str, varies: list[str], agrees: bool
) -> None:
    script = tangle_project(project)[0]
    found = proof.difference(Expected(page, earlier), printed, varies, script)
    assert (found == "") is agrees, found


def test_a_proof_needs_no_site(project: Project) -> None:
    assert main(["prove", str(project.root), "--here-only"]) == 0
    assert not project.site.exists()


def test_the_proof_is_shown_on_the_page_and_nothing_where_there_is_none(project: Project) -> None:
    from awaited.finish.proofs import show_proofs

    page = project.site / "posts/trial/index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!DOCTYPE html><html><body><header id='title-block-header'></header></body></html>")
    scripts = tangle_project(project)
    show_proofs(project, project.site, scripts)
    assert "Executed on" in page.read_text(encoding="utf-8")
    assert "proven" not in page.read_text(encoding="utf-8")
    assert not (project.site / "proofs.json").exists()
    attempt(project)
    show_proofs(project, project.site, scripts)
    show_proofs(project, project.site, scripts)  # once more changes nothing
    shown = page.read_text(encoding="utf-8")
    assert shown.count("proven") == 1
    assert "4 snippets, each run as a script" in shown
    assert json.loads((project.site / "proofs.json").read_text(encoding="utf-8"))["articles"]
