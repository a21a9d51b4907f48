"""The browser's Python is one more Python: what holds there is known, what does not is told with the reason."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.build import Wishes, prove
from awaited.live import chromium, files, machine
from awaited.live.chromium import Chromium, Result
from awaited.live.files import PYTHON
from awaited.live.worker.runner import Request
from awaited.progress import Progress
from awaited.prove import record
from awaited.prove.proofs import Proofs, public, report
from awaited.prove.trial import kept
from awaited.read.project import Project, load
from awaited.tangle.examples import write
from awaited.tangle.scripts import tangle_project
from tests.conftest import CONFIG, MakeProject

pytestmark = pytest.mark.slow

ARTICLE = """---
title: Trial
---

```{python}
#| label: hello
import asyncio

await asyncio.sleep(0.1)
print("Hello")
```

```{python}
#| label: platform
import sys

print(sys.platform)
```

```{python}
#| label: thread
await asyncio.to_thread(print, "in a thread")
```

```{python}
#| label: package
import yaml

print(yaml.safe_load("1"))
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

```{python}
#| label: other
#| printed-by: "<3.14"
print("the same")
```
"""
WHY = {
    "platform": "It prints something else in a browser.",
    "thread": "This starts a thread, and the browser's Python has none.",
    "newest": f"It needs Python 3.99 or later, and the browser has Python {PYTHON}.",
    "package": "It needs the package yaml, which the browser's Python has not.",
}


@pytest.fixture(scope="module")
def told() -> io.StringIO:
    """What the build says."""
    return io.StringIO()


@pytest.fixture(scope="module")
def proven(
    root: Path,
    tmp_path_factory: pytest.TempPathFactory,
    make_project: MakeProject,
    run: Callable[..., object],
    told: io.StringIO,
) -> Project:
    """A project whose scripts were proven, in a real browser as well."""
    own = load(root)
    own.scratch.mkdir(exist_ok=True)
    files.prepare(own)
    articles = {"posts/trial/index.qmd": ARTICLE}
    project = make_project(tmp_path_factory.mktemp("live"), articles, f"{CONFIG}awaited:\n  live: true\n")
    project.scratch.mkdir()
    for file in own.scratch.glob("runtime-*.zip"):
        (project.scratch / file.name).symlink_to(file)
    run(project)
    write(project, tangle_project(project))
    attempt(project, told)
    return project


def attempt(project: Project, told: io.StringIO) -> Proofs:
    return prove(project, tangle_project(project), Progress(told), Wishes())


def test_what_holds_is_proven_and_what_does_not_says_why(proven: Project, told: io.StringIO) -> None:
    scripts = tangle_project(proven)
    proofs = kept(proven, scripts)
    assert {script.cell.label for script in scripts if proofs.holds_in_browser(script)} == {"hello", "failing", "other"}
    assert proofs.unfit(scripts) == WHY
    assert proofs.problems == []
    assert {proof.version for proof in proofs.in_browser.values()} == {PYTHON}
    assert "ran scripts in a browser: 7 runs\n" in told.getvalue()


def test_reports_and_machines_are_told(proven: Project) -> None:
    scripts = tangle_project(proven)
    proofs = kept(proven, scripts)
    lines = report(proofs, scripts).splitlines()
    assert lines[0].endswith("  browser")
    assert f"not in the browser: examples/trial/thread.py: {WHY['thread']}" in lines
    entries = public(proven, scripts, proofs)["scripts"]
    assert entries["examples/trial/hello.py"]["in_browser"]["outcome"] == "same"
    assert entries["examples/trial/thread.py"]["in_browser"]["text"] == WHY["thread"]


def test_what_is_known_needs_no_browser(proven: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "browser", lambda: None)
    told = io.StringIO()
    assert attempt(proven, told).unfit(tangle_project(proven)) == WHY
    assert "browser" not in told.getvalue()


def changed(project: Project, monkeypatch: pytest.MonkeyPatch) -> str:
    """Has the proofs of one script lost; what a build says then."""
    before = record.read(project)
    known = record.read(project)
    known.in_browser = {path: run for path, run in known.in_browser.items() if path.stem != "hello"}
    record.write(project, known)
    told = io.StringIO()
    try:
        proofs = attempt(project, told)
        assert proofs.unfit(tangle_project(project)) == WHY | {
            "hello": "It was not tried in a browser when this page was made."
        }
    finally:
        record.write(project, before)
    return told.getvalue()


def test_without_a_browser_nothing_more_is_claimed(proven: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "browser", lambda: None)
    note = "note: nothing more is proven in a browser: no Chromium was found; install it (on Debian: chromium)\n"
    assert note in changed(proven, monkeypatch)


@pytest.mark.parametrize(("program", "why"), [("/bin/true", "did not start"), ("/none", "cannot be started")])
def test_a_browser_that_does_not_start_is_told(
    program: str, why: str, proven: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "browser", lambda: program)
    monkeypatch.setattr(chromium, "START", 0.5)
    assert f"note: nothing more is proven in a browser: {Path(program).name} {why}" in changed(proven, monkeypatch)


def test_a_python_that_does_not_start_is_told(proven: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    really = files.prepare

    def broken(project: Project) -> files.Runtime:
        whole = really(project)
        return files.Runtime(whole.hash, {**whole.files, "library.zip": whole.files["library.zip"][:1000]})

    monkeypatch.setattr(files, "prepare", broken)
    why = "Python did not start in the browser: library.zip: 1000 bytes instead of "
    assert f"note: nothing more is proven in a browser: {why}" in changed(proven, monkeypatch)


def test_without_the_files_nothing_is_claimed(proven: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setattr(files, "PYODIDE", files.Release("pyodide", "0", "sha512-"))
    before, told = record.read(proven), io.StringIO()
    proofs = attempt(proven, told)
    assert set(proofs.unfit(tangle_project(proven))) == {"hello", "failing", "other", *WHY}
    assert "note: no snippet can be run in its page: pyodide-0.tgz could not be had from" in told.getvalue()
    record.write(proven, before)


def test_what_was_late_is_tried_again(proven: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    known = record.read(proven)
    known.in_browser = {path: run for path, run in known.in_browser.items() if path.stem != "hello"}
    record.write(proven, known)
    asked: list[bool] = []
    really = Chromium.run

    async def run(browser: Chromium, request: Request, limit: float, *, fresh: bool = False) -> Result:
        asked.append(fresh)
        return await really(browser, request, limit, fresh=fresh) if fresh else Result("late")

    monkeypatch.setattr(Chromium, "run", run)
    assert attempt(proven, io.StringIO()).unfit(tangle_project(proven)) == WHY
    assert asked == [False, True]


def test_a_project_that_is_not_live_claims_nothing(proven: Project) -> None:
    project = Project(proven.root, {**proven.config, "awaited": {"live": False}})
    assert kept(project, tangle_project(project)).in_browser == {}
