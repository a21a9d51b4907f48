"""Runs scripts as programs of their own, each where its cell ran, from a folder that nobody else looks into."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from awaited.execute.inputs import working_directory
from awaited.execute.limits import PRINT_LIMIT
from awaited.execute.processes import RUN, end_group, end_marked
from awaited.memory.files import write_whole
from awaited.memory.plain_text import plain
from awaited.prove.compare import Printed
from awaited.prove.environments import Environment
from awaited.read.project import Project
from awaited.tangle.scripts import Script

SETTINGS = {"PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
"""The environment that scripts run in, over our own."""
LIMIT = 60.0
"""Seconds that a script may take, unless its cell says ``timeout``."""
MOST = 4 * PRINT_LIMIT + 1
"""Bytes that are kept of what a script prints: more than the longest text of a page has in UTF-8."""
POLITENESS = 10
"""Scripts leave the processor to the cells, whose timings are on the pages."""
KILLED = 5.0
"""Seconds until a killed process counts as gone."""


@dataclass(frozen=True)
class Ran:
    """What a script did under one Python."""

    status: int | None
    """Its exit status, negative for a signal; None where it took too long and was ended."""
    printed: Printed
    seconds: float
    when: str
    """When it began, as ISO 8601 in UTC."""
    lacks: str = ""
    """What it asked for that the browser's Python has not, as a sentence."""


async def run(project: Project, script: Script, environment: Environment) -> Ran:
    """Runs a script to its end, or for as long as its cell may take; whatever it has started is gone then."""
    file, folder = _staged(project, script), working_directory(project, script.article)
    path = os.pathsep.join(
        [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    )  # as cells import what is there
    limit = float(script.cell.setting("timeout") or LIMIT)
    mark, start, when = uuid.uuid4().hex, time.perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    process = await asyncio.create_subprocess_exec(
        environment.executable,
        str(file),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={**os.environ, **SETTINGS, "PYTHONPATH": path, RUN: mark},
        start_new_session=True,
    )
    with contextlib.suppress(OSError):  # it may be over already
        os.setpriority(os.PRIO_PROCESS, process.pid, POLITENESS)
    stdout, stderr, status = b"", b"", None
    try:
        async with asyncio.timeout(limit):
            stdout, stderr, status = await asyncio.gather(_read(process.stdout), _read(process.stderr), process.wait())
    except TimeoutError:
        pass
    finally:
        end_group(process.pid)
        end_marked(RUN, mark)
        await _ended(process)
    printed = Printed(_text(stdout, file), _text(stderr, file))
    return Ran(status, printed, round(time.perf_counter() - start, 2), when)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Waits for the end of a process that has been killed, if it was not over: asyncio hears of it once all is read."""
    with contextlib.suppress(TimeoutError):  # whoever else has its streams open cannot be waited for
        async with asyncio.timeout(KILLED):
            await asyncio.gather(_read(process.stdout), _read(process.stderr), process.wait())


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    """What a stream says, but no more than fits on a page: the rest is read, for the script to go on, and dropped."""
    assert stream is not None
    kept = bytearray()
    while part := await stream.read(2**16):
        kept += part[: max(0, MOST - len(kept))]
    return bytes(kept)


def _staged(project: Project, script: Script) -> Path:
    """A script's file in the scratch folder: in ``examples/`` it stands only once all is well."""
    file = project.scratch / "proving" / script.path
    write_whole(file, script.text.encode())
    return file


def _text(written: bytes, file: Path) -> str:
    """What a page would show of it, the file by its name alone: the folder is ours, not the reader's."""
    return plain(written.decode("utf-8", "replace")).replace(f"{file.parent}{os.sep}", "")
