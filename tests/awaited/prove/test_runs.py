"""Tests of runs of scripts that are stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from awaited.prove import environments
from awaited.prove.pythons import Python
from awaited.prove.runs import KILLED, run
from awaited.read.project import Project
from awaited.tangle.scripts import tangle_project

MakeProject = Callable[..., Project]
FLOOD = """\
---
title: Flood
---

```{python}
#| label: flood
from pathlib import Path

while True:
    print("x" * 10**6, flush=True)
    Path("flooding").touch()
```
"""


async def test_a_run_that_is_stopped_while_it_floods_ends_at_once(project: MakeProject) -> None:
    made = project({"a.qmd": FLOOD})
    (script,) = tangle_project(made)
    running = asyncio.create_task(run(made, script, environments.plan(made, Python.current(), [script.text])))
    while not (made.root / "flooding").exists():  # noqa: ASYNC110  # another process tells
        await asyncio.sleep(0.01)
    running.cancel()
    start = time.perf_counter()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 60)
    assert time.perf_counter() - start < KILLED
