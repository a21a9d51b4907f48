"""That page, script and behaviour agree is only worth saying if it is noticed when they do not."""

from __future__ import annotations

import io
import json
import platform
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from awaited.__main__ import main
from awaited.build import Wishes, prove
from awaited.memory import freezer
from awaited.progress import Progress
from awaited.prove import record, trial
from awaited.prove.compare import Printed
from awaited.prove.proofs import Proofs, disown, report
from awaited.prove.trial import kept
from awaited.read.project import Project
from awaited.tangle.examples import write
from awaited.tangle.scripts import Script, tangle_project

pytestmark = pytest.mark.slow

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
HERE = ".".join(platform.python_version_tuple()[:2])
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


def attempt(project: Project, scripts: list[Script] | None = None, **wishes: object) -> Proofs:
    wished = Wishes(**{"pythons": [HERE], **wishes})  # type: ignore[arg-type]
    return prove(project, scripts or tangle_project(project), Progress(io.StringIO()), wished)


def changed(project: Project, label: str, text: str) -> list[Script]:
    """The scripts, the one of a label with another text."""
    return [replace(s, text=text) if s.cell.label == label else s for s in tangle_project(project)]


def change_frozen(project: Project, old: str, new: str) -> None:
    file = freezer.record_file(project.freezer, Path("posts/trial/index.qmd"))
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_scripts_that_print_what_their_page_shows_are_proven(project: Project) -> None:
    proofs = attempt(project)
    assert proofs.problems == []
    outcomes = {path.stem: [proof.outcome for proof in found] for path, found in proofs.of.items()}
    assert outcomes == {"hello": ["same"], "number": ["same"], "failing": ["same"], "newest": ["left out"]}


def test_what_varies_and_what_is_not_run_is_said_in_the_report(project: Project) -> None:
    told = report(attempt(project), tangle_project(project))
    assert "may vary in examples/trial/number.py: object at 0x[0-9a-f]+" in told
    assert re.search(r"examples/trial/newest\.py +-\n", told)
    assert "WRONG" not in told


def test_a_proof_holds_until_the_script_or_the_page_changes(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    really = trial.run

    async def run(project: Project, script: Script, environment: object) -> object:
        runs.append(str(script.cell.label))
        return await really(project, script, environment)  # type: ignore[arg-type]

    monkeypatch.setattr(trial, "run", run)
    attempt(project)
    assert sorted(runs) == ["failing", "hello", "number"]
    scripts = tangle_project(project)
    assert kept(project, scripts).versions(scripts[0]) == [platform.python_version()]
    attempt(project)
    assert len(runs) == 3
    attempt(project, changed(project, "hello", scripts[0].text + "\n# another comment\n"))
    assert runs[3:] == ["hello"]
    change_frozen(project, "Hello after", "Good morning after")
    assert kept(project, scripts).versions(scripts[0]) == []


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": 0}', '{"format": 2, "runs": []}'])
def test_a_broken_record_proves_nothing(project: Project, damage: str) -> None:
    record.record_file(project).write_text(damage, encoding="utf-8")
    scripts = tangle_project(project)
    assert kept(project, scripts).when == ""
    assert attempt(project).problems == []


def test_durations_that_are_off_are_measured_again_alone(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    beside: list[int] = []
    at_work = 0
    really = trial.run

    async def slow_at_first(project: Project, script: Script, environment: object) -> object:
        nonlocal at_work
        beside.append(at_work)
        at_work += 1
        ran = await really(project, script, environment)  # type: ignore[arg-type]
        at_work -= 1
        if script.cell.label == "hello" and len(beside) <= 3:
            return replace(ran, printed=Printed("Hello after 7.77s\n"))
        return ran

    monkeypatch.setattr(trial, "run", slow_at_first)
    assert attempt(project).problems == []
    assert beside == [0, 1, 2, 0]


# ---- mutations: each is caught, with a message that says where


def test_a_word_changed_in_the_frozen_output_is_caught(project: Project) -> None:
    change_frozen(project, "Hello after", "Hallo after")
    (problem,) = attempt(project).problems
    assert problem.where == f"posts/trial/index.qmd:7: 'hello' on Python {platform.python_version()}"
    assert "-Hallo after" in problem.difference.text
    assert "+Hello after" in problem.difference.text


def test_a_word_changed_in_a_script_is_caught(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    script = project.root / "examples/trial/hello.py"
    script.write_text(script.read_text(encoding="utf-8").replace("Hello", "Hallo"), encoding="utf-8")
    for command in ("prove", "tangle --check"):
        assert main([*command.split(), str(project.root)]) == 1
        assert "examples/trial/hello.py" in capsys.readouterr().out


def test_a_deleted_script_is_caught(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (project.root / "examples/trial/hello.py").unlink()
    assert main(["prove", str(project.root)]) == 1
    assert "the scripts are not what the articles say, as shown above; run 'awaited tangle'" in capsys.readouterr().err
    assert main(["tangle", "--check", str(project.root)]) == 1


def test_a_renamed_label_is_caught(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    page = project.root / "posts/trial/index.qmd"
    page.write_text(page.read_text(encoding="utf-8").replace("label: hello", "label: greeting"), encoding="utf-8")
    assert main(["tangle", "--check", str(project.root)]) == 1
    shown = capsys.readouterr().out
    assert "examples/trial/hello.py" in shown
    assert "examples/trial/greeting.py" in shown


def test_a_script_that_raises_is_caught(project: Project) -> None:
    (problem,) = attempt(project, changed(project, "hello", 'raise SystemExit("no")')).problems
    assert problem.difference.text == "exit status 1\nno"


def test_a_script_that_does_not_raise_as_its_page_does_is_caught(project: Project) -> None:
    (problem,) = attempt(project, changed(project, "failing", "raise KeyError('on purpose')")).problems
    assert "not with 'ValueError: on purpose'" in problem.difference.text


def test_a_script_that_hangs_is_ended_with_all_it_started(
    project: Project, kernels_of: Callable[[Path], list[str]]
) -> None:
    hanging = changed(project, "hello", "import subprocess\nsubprocess.run(['sleep', '600'])\n")
    script = next(script for script in hanging if script.cell.label == "hello")
    limited = replace(script, cell=replace(script.cell, options={**script.cell.options, "timeout": 1}))
    (problem,) = attempt(project, [limited]).problems
    assert problem.difference.text == "still running after 1 s; 'timeout: N' at the cell allows it more"
    assert kernels_of(project.root) == []


def test_without_frozen_results_there_is_nothing_to_prove(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    freezer.record_file(project.freezer, Path("posts/trial/index.qmd")).unlink()
    assert main(["prove", str(project.root)]) == 1
    assert "posts/trial/index.qmd: has no frozen results" in capsys.readouterr().err


def test_a_proof_needs_no_site(project: Project) -> None:
    assert main(["prove", str(project.root)]) == 0
    assert not project.site.exists()


def freeze_for_ever(project: Project) -> list[Script]:
    (project.root / "posts/_metadata.yml").write_text("freeze: true\n")
    return tangle_project(project)


def test_what_quarto_froze_is_not_proven_and_an_earlier_proof_holds_no_longer(project: Project) -> None:
    assert attempt(project).when
    file = freezer.record_file(project.freezer, Path("posts/trial/index.qmd"))
    whole = json.loads(file.read_bytes())
    del whole["awaited"]
    file.write_text(json.dumps(whole))
    scripts = freeze_for_ever(project)
    assert kept(project, scripts).of == {}
    found = attempt(project, scripts)
    assert (found.of, found.problems) == ({}, [])
    reason = "Quarto froze its results, and does not keep what each cell printed; 'awaited execute --fresh' does"
    assert report(found, scripts).endswith(f"\nnot proven: posts/trial/index.qmd: {reason}\n"
                                           "may vary in examples/trial/number.py: object at 0x[0-9a-f]+")  # fmt: skip


def test_what_is_kept_of_an_older_text_is_not_proven_and_its_scripts_do_not_run(project: Project) -> None:
    page = project.root / "posts/trial/index.qmd"
    page.write_text(page.read_text().replace("print(object())", "raise SystemExit('it ran')"))
    scripts = freeze_for_ever(project)
    found = attempt(project, scripts)
    assert (found.of, found.problems) == ({}, [])
    assert record.read(project).runs == {}
    reason = "'freeze: true' keeps the results of an older text; 'awaited execute --fresh' runs it"
    assert f"\nnot proven: posts/trial/index.qmd: {reason}" in report(found, scripts)


def test_what_stays_frozen_is_proven_where_its_text_has_not_changed(project: Project) -> None:
    scripts = freeze_for_ever(project)
    found = attempt(project, scripts)
    assert found.unproven == {}
    assert sum(bool(found.versions(script)) for script in scripts) == 3


def test_what_is_disowned_is_claimed_no_more_and_why_is_known(project: Project) -> None:
    scripts, proofs = tangle_project(project), attempt(project)
    assert proofs.versions(scripts[0])
    disown(proofs, scripts, "another run is shown")
    assert not any(map(proofs.versions, scripts))
    assert proofs.unproven == {Path("posts/trial/index.qmd"): "another run is shown"}
