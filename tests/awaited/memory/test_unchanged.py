"""A build does nothing where nothing has changed, and its whole work where anything has."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from awaited import build as module
from awaited.build import Built, Wishes, build
from awaited.memory import keeper, unchanged
from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.project import Project, load
from awaited.weave.engines import identity

pytestmark = pytest.mark.slow

PAGE = "---\ntitle: One\n---\n\n```{python}\n#| label: greet\n#| eval: false\nprint('hello')\n```\n"
FILES = {
    "index.qmd": "Home, and [one](posts/one.qmd)\n",
    "posts/one.qmd": PAGE,
    "posts/_metadata.yml": "toc: true\n",
    "tool.py": "ONE = 1\n",
    "styles.css": "main { color: black }\n",
    ".nojekyll": "",
}
Change = Callable[[Project, pytest.MonkeyPatch], object]


def built(project: Project, *, fresh: bool = False) -> Built:
    return build(load(project.root), Progress(), Wishes("smalldocs", fresh=fresh))


@pytest.fixture(scope="module")
def first(make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Path]:
    """A project that has been built, and a copy of it."""
    folder = tmp_path_factory.mktemp("unchanged")
    project = make_project(folder / "made", FILES)
    assert not built(project).unchanged
    return project, shutil.copytree(project.root, folder / "copy")


def test_nothing_to_do(made: Project) -> None:
    before = {file: file.stat().st_mtime_ns for file in made.root.rglob("*") if made.scratch not in file.parents}
    again = built(made)
    assert (again.unchanged, again.executed, list(again.times.steps)) == (True, 0, ["compare"])
    assert before == {f: f.stat().st_mtime_ns for f in made.root.rglob("*") if made.scratch not in f.parents}


def test_fresh_builds_whatever_has_changed(made: Project) -> None:
    assert not built(made, fresh=True).unchanged
    assert built(made).unchanged


class Python(NamedTuple):
    """What stands for ``sys``."""

    version: str
    executable: str


def append(name: str) -> Change:
    def change(project: Project, _: pytest.MonkeyPatch) -> None:
        with (project.root / name).open("a") as file:
            file.write("\n")

    return change


def touch(name: str) -> Change:
    return lambda project, _: os.utime(project.root / name, ns=(1, 1))


def remove(name: str) -> Change:
    def change(project: Project, _: pytest.MonkeyPatch) -> None:
        path = project.root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def write(name: str, text: str) -> Change:
    return lambda project, _: (project.root / name).write_text(text)


def same_size_and_time(project: Project, _: pytest.MonkeyPatch) -> None:
    file = project.root / "tool.py"
    times = file.stat()
    file.write_text("ONE = 2\n")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def another_package(project: Project, patch: pytest.MonkeyPatch) -> None:
    installed = project.root.with_name(f"{project.root.name}-packages")
    (installed / "new_package-1.0.dist-info").mkdir(parents=True)
    patch.setattr(sys, "path", [*sys.path, str(installed)])


def another_day(_: Project, patch: pytest.MonkeyPatch) -> None:
    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return date(2100, 1, 1)

    patch.setattr(unchanged, "date", Tomorrow)


def another_tool(project: Project, patch: pytest.MonkeyPatch) -> None:
    changed = project.root.with_name(f"{project.root.name}-tool")
    shutil.copytree(keeper.TOOL, changed)
    (changed / "cells.py").write_text("# changed\n")
    patch.setattr(unchanged, "TOOL", changed)


def another_engine(_: Project, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(module, "identity", lambda _: "smalldocs 1.11")


CHANGES: dict[str, Change] = {
    "a page": append("index.qmd"),
    "an article": append("posts/one.qmd"),
    "metadata": append("posts/_metadata.yml"),
    "the configuration": append("_quarto.yml"),
    "a module": append("tool.py"),
    "a module, its size and time the same": same_size_and_time,
    "the style": append("styles.css"),
    "a page's time": touch("index.qmd"),
    "a hidden file": append(".nojekyll"),
    "a new page": write("new.qmd", "New\n"),
    "a file that is gone": remove("tool.py"),
    "a link to a folder": lambda project, _: (project.root / "linked").symlink_to(project.root / "posts"),
    "a page of the site": append("_site/index.html"),
    "the time of a page of the site": touch("_site/index.html"),
    "a file that is gone from the site": remove("_site/search.json"),
    "a new file in the site": write("_site/new.html", "new"),
    "no site": remove("_site"),
    "a frozen result": append("_freeze/posts/one/execute-results/html.json"),
    "no frozen results": remove("_freeze"),
    "a script": write("examples/new.py", "1\n"),
    "a broken record": write(".awaited/last-build.json", '{"read": null, "written"'),
    "a record of something else": write(".awaited/last-build.json", "[]"),
    "no record": remove(".awaited"),
    "another Python": lambda _, patch: patch.setattr(unchanged, "sys", Python("3.99", sys.executable)),
    "another environment": lambda _, patch: patch.setattr(unchanged, "sys", Python(sys.version, "/elsewhere/python")),
    "another package": another_package,
    "another day": another_day,
    "another version of the tool": another_tool,
    "another version of the engine": another_engine,
    "another Quarto profile": lambda _, patch: patch.setenv("QUARTO_PROFILE", "draft"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_has_changed(made: Project, change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    (made.root / "examples").mkdir(exist_ok=True)
    assert built(made).unchanged
    change(made, monkeypatch)
    assert not built(made).unchanged


def test_a_failed_build_does_not_count(made: Project) -> None:
    (made.root / "index.qmd").write_text("[nowhere](nowhere.qmd)\n")
    for _ in range(2):
        with pytest.raises(AwaitedError, match="nowhere"):
            built(made)
    (made.root / "index.qmd").write_text(FILES["index.qmd"])
    assert not built(made).unchanged
    assert built(made).unchanged


def test_what_is_edited_during_a_build_counts_as_changed(made: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    weave_all = module.weave

    def edit_meanwhile(*arguments: object) -> None:
        weave_all(*arguments)  # type: ignore[arg-type]
        append("index.qmd")(made, monkeypatch)

    append("index.qmd")(made, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(module, "weave", edit_meanwhile)
        assert not built(made).unchanged
    assert not built(made).unchanged
    assert built(made).unchanged


def test_the_two_engines_differ(made: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quarto = tmp_path.parent / "quarto"
    digests = [unchanged.read(made, identity("smalldocs"))]
    for version in ("1.10", "1.11"):
        quarto.write_text(f"#!/bin/sh\necho {version}\n")
        quarto.chmod(0o755)
        monkeypatch.setenv("QUARTO", str(quarto))
        digests.append(unchanged.read(made, identity("quarto")))
    assert len(set(digests)) == 3
    quarto.write_text("#!/bin/sh\nexit 1\n")
    assert unchanged.read(made, identity("quarto")) is None
    assert not unchanged.holds(made, None)
