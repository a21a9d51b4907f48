"""What stands in ``examples/``: ours is brought up to date, and nothing else is touched."""

from __future__ import annotations

import pytest

from awaited.read.project import Project
from awaited.tangle.examples import drift, run, write
from awaited.tangle.scripts import tangle_project


def examples(project: Project) -> list[str]:
    return sorted(
        path.relative_to(project.root).as_posix() for path in (project.root / "examples").rglob("*") if path.is_file()
    )


def test_scripts_are_written_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(project, check=True) == 1
    assert "+async def fetch(name: str) -> str:" in capsys.readouterr().out
    assert run(project, check=False) == 0
    assert capsys.readouterr().out == "examples/: 4 scripts, 4 files changed\n"
    assert examples(project) == [f"examples/tasks/{name}.py" for name in ("fetch", "gather", "queue_", "results")]
    assert write(project, tangle_project(project)) == []
    assert drift(project) == ""
    assert run(project, check=True) == 0
    assert capsys.readouterr() == ("", "")


def test_drift_shows_what_was_edited_and_what_is_left_over(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, tangle_project(project))
    made = project.root / "examples/tasks"
    (made / "fetch.py").write_text((made / "fetch.py").read_text().replace('"one"', '"other"').rstrip("\n"))
    gone = project.root / "examples/gone"
    gone.mkdir()
    (gone / "old.py").write_text((made / "gather.py").read_text())
    (gone.parent / "conftest.py").write_text("# not ours\n")

    found = drift(project)
    assert '-    result = await fetch("other")\n' in found
    assert '+    result = await fetch("one")\n' in found
    assert "\\ No newline at end of file\n" in found
    assert "--- a/examples/gone/old.py\n+++ /dev/null\n" in found
    assert "conftest" not in found
    assert run(project, check=True) == 1
    assert "run `awaited tangle`" in capsys.readouterr().err

    changed = write(project, tangle_project(project))
    assert [path.as_posix() for path in changed] == [
        "examples/gone/old.py",
        "examples/tasks/fetch.py",
    ]
    assert capsys.readouterr().out == found
    assert not gone.exists()
    assert drift(project) == ""
