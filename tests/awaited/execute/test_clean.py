"""Tests of running an article again where the machine, and not its program, was late."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from awaited.execute import clean
from awaited.execute.articles import Outcome
from awaited.execute.cells import Results
from awaited.execute.clean import run_cleanly
from awaited.memory import freezer
from awaited.memory.results import CellResult
from awaited.progress import Progress
from awaited.read.project import Project
from awaited.timeline.notebook import DELAY

MakeProject = Callable[..., Project]
Run = Callable[..., Outcome]
TIMED = """\
---
title: Timed
---

```{python}
#| label: set-up
#| include: false
import os
import subprocess
import sys
import time
from pathlib import Path

from awaited import timeline

timeline.enable()
count = int(Path("count").read_text()) + 1 if Path("count").exists() else 1
_ = Path("count").write_text(str(count))
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
beside = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if count <= BUSY else None
```

```{python}
#| label: work
async def main():
    end = time.process_time() + 0.4
    while time.process_time() < end:
        pass


await main()
```

```{python}
#| label: picture
#| echo: false
timeline.show("work")
if beside:
    beside.kill()
    beside.wait()
```
"""


@pytest.mark.parametrize(
    ("busy", "runs", "told"),
    [
        pytest.param(0, 1, [], marks=pytest.mark.alone),
        pytest.param(1, 2, ["again"], marks=pytest.mark.alone),
        (9, 3, ["again", "again", "was busy"]),
    ],
)
def test_an_article_runs_again_while_another_program_takes_its_processor(
    project: MakeProject,
    run: Run,
    progress: Progress,
    monkeypatch: pytest.MonkeyPatch,
    busy: int,
    runs: int,
    told: Sequence[str],
) -> None:
    monkeypatch.setattr(clean, "LIMIT", 0.15)  # of 0.4 s that it computes: half of that is lost to the other
    made = project({"a.qmd": TIMED.replace("BUSY", str(busy))})
    run(made, progress)
    assert (made.root / "count").read_text() == str(runs)
    said = re.findall(r"a\.qmd.*?(again|was busy)", progress.stream.getvalue())
    assert said == told
    frozen = freezer.record_file(made.freezer, Path("a.qmd")).read_text()
    assert DELAY not in frozen
    assert 'class=\\"timeline\\"' in frozen


def result(delay: float, number: int = 0) -> tuple[CellResult, ...]:
    printed = {"output_type": "stream", "name": "stdout", "text": f"{number}"}
    drawn = {"output_type": "display_data", "data": {}, "metadata": {DELAY: delay, "text/html": {}}}
    return CellResult(0, 0.0, (printed,)), CellResult(1, 0.0, (drawn,))


@pytest.mark.parametrize(
    ("delays", "runs", "kept"),
    [([0.0], 1, 0), ([0.02], 1, 0), ([0.03, 0.01], 2, 1), ([0.05, 0.03, 0.04], 3, 1), ([0.05, 0.03, 0.01], 3, 2)],
)
def test_the_first_run_that_is_not_late_is_kept_else_the_least_late(
    progress: Progress, delays: list[float], runs: int, kept: int
) -> None:
    done = 0

    async def run() -> Results:
        nonlocal done
        done += 1
        return result(delays[done - 1], done - 1), ("inline",)

    found, inline = asyncio.run(run_cleanly(Path("a.qmd"), run, progress))
    assert (done, inline) == (runs, ("inline",))
    assert [output["text"] for output in found[0].outputs] == [str(kept)]
    assert found[1].outputs[0]["metadata"] == {"text/html": {}}
    assert ("up to 30 ms late" in progress.stream.getvalue()) == (delays[1:2] == [0.03] and kept == 1)
    json.dumps([dict(output) for output in found[1].outputs])


def test_an_article_without_pictures_runs_once(progress: Progress) -> None:
    found = asyncio.run(run_cleanly(Path("a.qmd"), lambda: asyncio.sleep(0, ((), ())), progress))
    assert found == ((), ())
    assert progress.stream.getvalue() == ""
