"""The last good site stays until a new one is whole, whatever happens in between; only one build is at work."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.build import Built, Wishes, build, only_build, publish
from awaited.finish import site
from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

pytestmark = pytest.mark.slow

OLD = {"old.html", "deep/old.png", "site_libs/old.css"}


@pytest.fixture
def made(project: Callable[..., Project]) -> Project:
    """A project without cells, whose site so far is another one."""
    return project({"index.qmd": "New home.\n", **{f"_site/{name}": "old" for name in OLD}})


def built(project: Project) -> Built:
    return build(project, Progress(), Wishes("smalldocs"))


def names(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def folders(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if entry.is_dir()]


def test_the_site_is_replaced_as_a_whole(made: Project) -> None:
    done = built(made)
    assert (done.site, done.engine, done.executed) == (made.site, "smalldocs", 0)
    assert list(done.times.steps) == ["compare", "read", "execute", "prove", "weave", "finish"]
    assert "New home." in (made.site / "index.html").read_text()
    assert not names(made.site) & OLD
    assert not folders(made.scratch)


def test_a_page_shows_the_files_that_its_cells_have_written(project: Callable[..., Project]) -> None:
    code = "from pathlib import Path\n\nPath('written.txt').write_text('now')"
    page = f"```{{python}}\n#| label: write\n{code}\n```\n\n[What it wrote](written.txt)\n"
    made = project({"index.qmd": "Home\n", "posts/one.qmd": page})
    for text in ("now", "then"):
        built(made)
        assert (made.site / "posts/written.txt").read_text() == text
        source = made.root / "posts/one.qmd"
        source.write_text(source.read_text().replace("now", "then"))


def test_a_second_build_gives_the_same_site(made: Project) -> None:
    built(made)
    before = {name: (made.site / name).read_bytes() for name in names(made.site)}
    build(made, Progress(), Wishes("smalldocs", fresh=True))
    assert {name: (made.site / name).read_bytes() for name in names(made.site)} == before


@pytest.mark.parametrize("error", [AwaitedError("no good"), RuntimeError("a bug"), KeyboardInterrupt()])
def test_a_failing_step_leaves_the_old_site(
    made: Project, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(site, "finish", fail)
    with pytest.raises(type(error)):
        built(made)
    assert names(made.site) == OLD
    assert not folders(made.scratch)


def test_what_an_interrupted_build_has_left_is_cleared_away(made: Project) -> None:
    made.scratch.mkdir()
    (made.scratch / "folder.new").mkdir()
    (made.scratch / ".kept.json-1.new").touch()
    (made.scratch / "link.new").symlink_to("/nowhere")
    (made.scratch / "kept.json").touch()
    with only_build(made):
        assert {entry.name for entry in made.scratch.iterdir()} == {"kept.json", "lock"}


def test_a_stop_while_a_build_clears_up_waits_for_that(made: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        monkeypatch.undo()
        raise KeyboardInterrupt

    def build_something() -> None:
        with only_build(made):
            (made.scratch / "proving").mkdir()
            monkeypatch.setattr("shutil.rmtree", stopped)

    with pytest.raises(KeyboardInterrupt):
        build_something()
    assert not folders(made.scratch)


def test_a_site_that_cannot_be_put_in_place_leaves_the_old_one(made: Project) -> None:
    made.scratch.mkdir()
    with pytest.raises(OSError, match="No such file"):
        publish(made, made.scratch / "missing")
    assert names(made.site) == OLD


def test_a_build_waits_for_no_other(made: Project) -> None:
    made.scratch.mkdir()
    with (made.scratch / "lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(
            AwaitedError, match=r"^another build is running here \(process 4711\); wait for it, or stop"
        ):
            built(made)
        assert (made.scratch / "lock").read_text() == "4711"
    assert names(made.site) == OLD
    built(made)


def test_the_lock_names_the_process(made: Project) -> None:
    with only_build(made):
        assert (made.scratch / "lock").read_text() == str(os.getpid())
        with pytest.raises(AwaitedError, match=rf"process {os.getpid()}\)"), only_build(made):
            pass


def test_what_a_killed_build_has_left_is_cleared_away(made: Project) -> None:
    for left in ("site/half.html", "stage/posts/a.qmd", "old-site/older.html"):
        (made.scratch / left).parent.mkdir(parents=True)
        (made.scratch / left).touch()
    built(made)
    assert not folders(made.scratch)
    assert not names(made.site) & {"half.html", "older.html", *OLD}
