"""What computes runs alone, and what waits runs side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.execute.quiet import Quiet
from awaited.read.articles import parse
from awaited.read.cells import Cell
from awaited.read.project import Project

WAITS, COMPUTES = parse("```{python}\nx\n```\n\n```{python}\n#| alone: true\nx\n```\n", Path("a.qmd")).cells


@pytest.mark.looptime
async def test_others_end_before_it_and_begin_after_it() -> None:
    quiet, events = Quiet(), list[tuple[float, str]]()
    now = asyncio.get_running_loop().time

    async def run(name: str, cell: Cell, after: float) -> None:
        await asyncio.sleep(after)
        async with quiet.for_cell(cell):
            events.append((now(), f"{name} begins"))
            await asyncio.sleep(2)
            events.append((now(), f"{name} ends"))

    await asyncio.gather(
        run("one", WAITS, 0), run("two", WAITS, 1), run("alone", COMPUTES, 1.5), run("three", WAITS, 2)
    )
    assert events == [
        (0, "one begins"),
        (1, "two begins"),
        (2, "one ends"),
        (3, "two ends"),
        (3, "alone begins"),
        (5, "alone ends"),
        (5, "three begins"),
        (7, "three ends"),
    ]


@pytest.mark.looptime
async def test_two_that_compute_take_turns_and_one_that_fails_leaves_room() -> None:
    quiet, running = Quiet(), 0

    async def compute() -> None:
        nonlocal running
        async with quiet.for_cell(COMPUTES):
            running += 1
            assert running == 1
            await asyncio.sleep(1)
            running -= 1
            raise ValueError

    found = await asyncio.gather(*(compute() for _ in range(3)), return_exceptions=True)
    assert all(isinstance(error, ValueError) for error in found)
    assert asyncio.get_running_loop().time() == 3


ARTICLE = """\
```{{python}}
#| label: {name}
{option}
import time
from pathlib import Path

start = time.monotonic()
time.sleep({seconds})
with Path("{log}").open("a") as file:
    print("{name}", start, time.monotonic(), file=file)
```
"""


def test_no_cell_runs_beside_one_that_computes(
    project: Callable[..., Project], run: Callable[..., object], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    articles = {
        f"{name}.qmd": ARTICLE.format(name=name, option=option, seconds=seconds, log=log)
        for name, option, seconds in (("a", "", 0.5), ("b", "#| alone: true", 0.5), ("c", "", 0.5))
    }
    run(project(articles))
    times = {line.split()[0]: [float(word) for word in line.split()[1:]] for line in log.read_text().splitlines()}
    begins, ends = times["b"]
    assert all(end <= begins or start >= ends for name, (start, end) in times.items() if name != "b")
