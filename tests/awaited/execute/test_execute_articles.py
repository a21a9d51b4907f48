"""Articles run in real kernels: all at once, each in its own, their cells in order, and only when they have to."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from awaited.execute import articles as module
from awaited.execute.articles import Outcome, default_jobs, execute
from awaited.execute.cells import Results
from awaited.execute.inputs import evaluated
from awaited.memory import freezer
from awaited.memory.plain_text import plain
from awaited.memory.results import CellResult
from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

Run = Callable[..., Outcome]
MEETING = """\
---
title: {me}
execute:
  timeout: 30
---

```{{python}}
#| label: first
import asyncio, os, sys
from pathlib import Path

me = "{me}"
print(os.getpid(), os.getcwd())
```

```{{python}}
#| label: meet
Path("../{me}").touch()
while not Path("../{other}").exists():
    await asyncio.sleep(0.01)
print(me, "met {other}")
```
"""
KINDS = """\
---
title: Kinds
---

```{python}
#| label: streams
import sys

for number in range(3):
    print("out", number, flush=True)
    print("err", number, file=sys.stderr, flush=True)
```

```{python}
#| label: displays
from IPython.display import HTML, SVG, Markdown

display(HTML("<b>1</b>"), Markdown("*2*"), SVG("<svg xmlns='http://www.w3.org/2000/svg'/>"))
3
```

```{python}
#| label: error
#| error: true
def divide():
    1 / 0


divide()
```

```{python}
#| label: never
#| eval: false
print(undefined)
```

```{python}
#| label: printed
print("<b>not bold</b>", "```", "\\x1b[31mred\\x1b[0m")
```

```{python}
#| label: empty
```

```{python}
#| label: program
#| python: ">=4"
print(undefined)
```
"""
ARTICLES = {
    "one/index.qmd": MEETING.format(me="one", other="two"),
    "two/index.qmd": MEETING.format(me="two", other="one"),
    "kinds.qmd": KINDS,
    "plain.qmd": "No cells.\n",
    "idle.qmd": "```{python}\n#| label: a\n#| eval: false\nx\n```\n",
}


@dataclass
class Ran:
    """A project after its first run."""

    project: Project
    outcome: Outcome
    said: str

    def outputs(self, page: str, label: str) -> list[dict[str, Any]]:
        article = self.project.read(Path(page))
        frozen = freezer.read(self.project.freezer, article.path)
        assert frozen is not None
        number = next(cell.number for cell in article.cells if cell.label == label)
        result = frozen.by_number.get(number)
        return [] if result is None else [dict(output) for output in result.outputs]

    def stdout(self, page: str, label: str) -> str:
        (output,) = self.outputs(page, label)
        assert output["name"] == "stdout"
        return str(output["text"])


@pytest.fixture(scope="module")
def ran(make_project: Callable[..., Project], run: Run, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    project, stream = make_project(tmp_path_factory.mktemp("project"), ARTICLES), io.StringIO()
    return Ran(project, run(project, Progress(stream)), stream.getvalue())


def test_every_article_with_cells_is_brought_up_to_date(ran: Ran) -> None:
    assert sorted(map(str, ran.outcome.executed)) == ["idle.qmd", "kinds.qmd", "one/index.qmd", "two/index.qmd"]
    assert ran.outcome.kept == ()
    records = {
        file.parent.parent.relative_to(ran.project.freezer).as_posix() for file in ran.project.freezer.rglob("*.json")
    }
    assert records == {"idle", "kinds", "one/index", "two/index"}


def test_articles_run_at_the_same_time(ran: Ran) -> None:
    # each waits for the other's file, so one after the other they would never end
    assert ran.stdout("one/index.qmd", "meet") == "one met two\n"
    assert ran.stdout("two/index.qmd", "meet") == "two met one\n"


def test_each_article_has_a_kernel_of_its_own_in_its_folder(ran: Ran) -> None:
    kernels = [ran.stdout(f"{name}/index.qmd", "first").split() for name in ("one", "two")]
    assert kernels[0][0] != kernels[1][0] != str(os.getpid())
    assert [folder for _, folder in kernels] == [str(ran.project.root / name) for name in ("one", "two")]


def test_no_kernel_remains(ran: Ran, kernels_of: Callable[[Path], list[str]]) -> None:
    assert kernels_of(ran.project.root) == []


def test_what_is_printed_in_pieces_is_one_output_for_each_stream(ran: Ran) -> None:
    assert ran.outputs("kinds.qmd", "streams") == [
        {"output_type": "stream", "name": "stdout", "text": "out 0\nout 1\nout 2\n"},
        {"output_type": "stream", "name": "stderr", "text": "err 0\nerr 1\nerr 2\n"},
    ]


def test_displays_and_results_are_kept(ran: Ran) -> None:
    outputs = ran.outputs("kinds.qmd", "displays")
    kinds = ["text/html", "text/markdown", "image/svg+xml", "text/plain"]
    assert [next(kind for kind in kinds if kind in output["data"]) for output in outputs] == kinds
    assert [output["output_type"] for output in outputs] == ["display_data"] * 3 + ["execute_result"]


def test_an_expected_error_is_kept_and_its_traceback_has_no_option_lines(ran: Ran) -> None:
    (output,) = ran.outputs("kinds.qmd", "error")
    assert (output["output_type"], output["ename"]) == ("error", "ZeroDivisionError")
    traceback = plain("\n".join(output["traceback"]))
    assert "#|" not in traceback
    assert "----> 5 divide()" in traceback


@pytest.mark.parametrize("label", ["never", "empty", "program"])
def test_what_is_not_to_run_does_not(ran: Ran, label: str) -> None:
    assert ran.outputs("kinds.qmd", label) == []


def test_the_frozen_page(ran: Ran) -> None:
    markdown = freezer.markdown(ran.project.freezer, Path("kinds.qmd"))
    assert "\n````\n<b>not bold</b> ``` red\n````" in markdown
    assert "``` {=html}\n<b>1</b>\n```" in markdown
    assert "![](kinds_files/figure-html/displays-output-3.svg)" in markdown
    assert "\x1b" not in markdown
    record = json.loads(freezer.record_file(ran.project.freezer, Path("kinds.qmd")).read_bytes())
    assert record["hash"] == freezer.source_hash((ran.project.root / "kinds.qmd").read_bytes())


def test_progress_names_article_cell_and_time(ran: Ran) -> None:
    assert "executing one/index.qmd\n" in ran.said
    for label in ("first", "meet"):
        assert any(
            line.startswith(f"  one/index.qmd: {label}  ") and line.endswith(" s") for line in ran.said.splitlines()
        )


def test_each_cell_has_its_time(ran: Ran) -> None:
    frozen = freezer.read(ran.project.freezer, Path("one/index.qmd"))
    assert frozen is not None
    assert all(0 <= result.seconds < 30 for result in frozen.results)
    assert frozen.by_number[2].seconds >= 0.001


# --- What runs again --------------------------------------------------------------------------------------------------

NEVER = """\
---
title: Never
---

```{python}
#| label: a
import near
import os

print(near.name, os.getpid())
```

Some prose.

```{python}
#| label: b
name = near.name
name
```
"""


@pytest.fixture(scope="module")
def frozen_once(make_project: Callable[..., Project], run: Run, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose article has run."""
    project = make_project(tmp_path_factory.mktemp("frozen"), {"a.qmd": NEVER, "near.py": "name = 'near'\n"})
    run(project)
    return project


@pytest.fixture
def frozen(frozen_once: Project) -> Iterator[Project]:
    """The same, with all its files put back afterwards."""
    files = {file: file.read_bytes() for file in frozen_once.root.rglob("*") if file.is_file()}
    yield frozen_once
    for file, content in files.items():
        file.write_bytes(content)


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any attempt to start a kernel fails the test."""

    async def run_article(*_: object) -> None:
        raise AssertionError("a kernel was to be started")

    monkeypatch.setattr(module, "run_article", run_article)


def page(project: Project) -> str:
    return freezer.markdown(project.freezer, Path("a.qmd"))


@pytest.mark.usefixtures("no_kernel")
def test_nothing_runs_or_is_written_where_nothing_has_changed(frozen: Project, run: Run) -> None:
    record = freezer.record_file(frozen.freezer, Path("a.qmd"))
    before = record.stat().st_mtime_ns
    outcome = run(frozen)
    assert (outcome.executed, outcome.kept) == ((), (Path("a.qmd"),))
    assert record.stat().st_mtime_ns == before


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Some prose.", "Other *prose*."),
        ("title: Never", "title: Ever"),
        ("#| label: a\n", "#| label: a\n#| echo: false\n"),
        ("Some prose.", "```{python}\n#| eval: false\nadded\n```"),
        ("Some prose.", "Other prose.\r\n"),
    ],
)
def test_a_change_of_the_page_alone_runs_nothing_and_rewrites_it(frozen: Project, run: Run, old: str, new: str) -> None:
    before = page(frozen)
    source = NEVER.replace(old, new).encode()
    (frozen.root / "a.qmd").write_bytes(source)
    assert run(frozen).executed == ()
    record = json.loads(freezer.record_file(frozen.freezer, Path("a.qmd")).read_bytes())
    assert record["hash"] == freezer.source_hash(source)
    assert page(frozen) != before
    outputs = [line for line in before.split("\n") if line.startswith(("near ", "'near'"))]
    assert len(outputs) == 2
    assert [line for line in page(frozen).split("\n") if line.startswith(("near ", "'near'"))] == outputs
    assert page(frozen).index("name = near.name") < page(frozen).index("'near'"), "a result stays with its cell"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", "a cell less", None])
def test_results_that_cannot_be_used_are_made_anew(
    frozen: Project, run: Run, monkeypatch: pytest.MonkeyPatch, damage: bytes | str | None
) -> None:
    executed: list[Path] = []

    async def run_article(_: Project, article: Any, *__: object) -> Results:
        executed.append(article.path)
        return tuple(CellResult(cell.number, 0.0, ()) for cell in evaluated(article)), ()

    monkeypatch.setattr(module, "run_article", run_article)
    record = freezer.record_file(frozen.freezer, Path("a.qmd"))
    if damage is None:
        record.unlink()
    elif isinstance(damage, str):
        content = json.loads(record.read_bytes())
        content["awaited"]["cells"].pop()
        record.write_text(json.dumps(content))
    else:
        record.write_bytes(damage)
    run(frozen)
    assert executed == [Path("a.qmd")]
    assert freezer.read(frozen.freezer, Path("a.qmd")) is not None


def test_a_changed_module_runs_its_article_alone_and_says_why(
    make_project: Callable[..., Project], run: Run, tmp_path: Path, progress: Progress
) -> None:
    other = "```{python}\n#| label: a\nimport os\n\nprint(os.getpid())\n```\n"
    project = make_project(tmp_path, {"a.qmd": NEVER, "b.qmd": other, "near.py": "name = 'near'\n"})
    run(project)
    before = {name: freezer.markdown(project.freezer, Path(name)) for name in ("a.qmd", "b.qmd")}

    (project.root / "near.py").write_text("name = 'far'\n")
    assert run(project, progress).executed == (Path("a.qmd"),)
    assert "executing a.qmd (changed: near.py)\n" in progress.stream.getvalue()  # type: ignore[attr-defined]
    assert "far " in freezer.markdown(project.freezer, Path("a.qmd"))
    assert freezer.markdown(project.freezer, Path("b.qmd")) == before["b.qmd"]

    assert len(run(project, fresh=True).executed) == 2
    assert freezer.markdown(project.freezer, Path("b.qmd")) != before["b.qmd"], "another kernel has another number"


# --- How many at once, and what is left afterwards --------------------------------------------------------------------

ALONE = """\
```{python}
#| label: a
import time
from pathlib import Path

Path("busy").mkdir()
time.sleep(0.1)
Path("busy").rmdir()
```
"""


def test_jobs_limit_how_many_articles_run_at_once(
    make_project: Callable[..., Project], run: Run, tmp_path: Path
) -> None:
    project = make_project(tmp_path, {"a.qmd": ALONE, "b.qmd": ALONE})
    assert len(run(project, jobs=1).executed) == 2


def test_some_articles_run_at_once_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for count, jobs in [(None, 16), (1, 16), (8, 32)]:
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        assert default_jobs() == jobs


SLOW = "```{python}\n#| label: slow\nimport time\n\ntime.sleep(60)\n```\n"


def test_nothing_is_written_and_no_kernel_remains_where_one_article_fails(
    make_project: Callable[..., Project], run: Run, tmp_path: Path, kernels_of: Callable[[Path], list[str]]
) -> None:
    # one article fails at once, while the kernels of the others are still starting
    files = {"a.qmd": "---\njupyter: missing\n---\n" + ALONE, "b.qmd": SLOW, "c.qmd": ALONE}
    project = make_project(tmp_path, files)
    with pytest.raises(AwaitedError, match=r"^a\.qmd: no Jupyter kernel 'missing' on this machine; install it, or"):
        run(project)
    assert not project.freezer.exists()
    assert kernels_of(tmp_path) == []


async def test_a_cancelled_execution_leaves_no_kernel(
    make_project: Callable[..., Project], tmp_path: Path, progress: Progress, kernels_of: Callable[[Path], list[str]]
) -> None:
    project = make_project(tmp_path, {"a.qmd": SLOW})
    running = asyncio.create_task(execute(project, project.articles(), progress))
    while "slow" not in progress.running.get("a.qmd", ""):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert len(kernels_of(tmp_path)) == 1
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert kernels_of(tmp_path) == []
    assert progress.running == {}
    assert not project.freezer.exists()


def test_a_warning_names_its_cell_as_every_run_does(
    project: Callable[..., Project], run: Callable[..., Outcome]
) -> None:
    code = "import warnings\nwarnings.warn('old', stacklevel=1)\n"
    made = project({"a.qmd": f"```{{python}}\n{code}```\n"})
    run(made)
    frozen = freezer.read(made.freezer, Path("a.qmd"))
    assert frozen is not None
    assert frozen.results[0].outputs[0]["text"].startswith("cell.py:2: UserWarning: old\n")
