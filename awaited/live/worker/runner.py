"""Runs what a reader wrote, and tells what came of it."""

from __future__ import annotations
import __future__ as futures

import ast
import asyncio
import gc
import inspect
import io
import logging
import sys
import time
import types
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any, Literal

from awaited.live.worker import absent, errors
from awaited.live.worker.loop import DeadlockError, install
from awaited.live.worker.output import Output, OutputCutError, Send
from awaited.timeline.drawing import page
from awaited.timeline.drawing.letters import slug
from awaited.timeline.recording import Recording
from awaited.timeline.run import record

FILE, ABOVE = "snippet.py", "above.py"
"""What tracebacks call the reader's code, and what stands above it in the article."""
FUTURES = sum(getattr(futures, name).compiler_flag for name in futures.all_feature_names)
WARM_UP = """\
import asyncio
async def one(): await asyncio.sleep(0)
async def two():
    async with asyncio.TaskGroup() as group:
        for number in range(23):
            group.create_task(one(), name=f"{number}")
    print()
await two()
"""
"""As many lanes as a picture can have, so that the reader's is not the first to be drawn.

It makes no task without a name: the first one that a reader makes is Task-1, or Task-2, as ever.
"""
Outcome = Literal["finished", "raised", "deadlock", "cut", "unavailable"]


@dataclass
class Request:
    """What to run."""

    code: str
    prelude: str = ""
    """What earlier snippets define."""
    label: str = ""
    program: bool = False
    """Whether it starts its own loop, as a script does; else it runs inside one, as a cell does."""
    file: str = FILE
    """What tracebacks call it."""
    until: float = 0.0
    """How long the axis of its drawing is at least, in seconds."""


@dataclass
class Done:
    """What came of a run."""

    outcome: Outcome
    error: str
    """A traceback, or a sentence."""
    figure: str
    """The drawing as HTML; empty where nothing ran."""
    seconds: float


class _Run:
    """One run of a reader's code."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.recording: Recording | None = None
        self.module = types.ModuleType("__main__")
        errors.remember(ABOVE, request.prelude)
        errors.remember(request.file, request.code)

    def start(self) -> None:
        """Compiles and runs the code; raises what that raises."""
        above = self._compiled(self.request.prelude, ABOVE)
        own = self._compiled(self.request.code, self.request.file, above.co_flags & FUTURES)
        if logging.lastResort:
            logging.lastResort.setFormatter(errors.Formatter([self.request.file, ABOVE]))
        sys.modules["__main__"], sys.argv = self.module, [self.request.file]
        self.module.__file__ = self.request.file
        if self.request.program and not _is_async(above) and not _is_async(own):
            with _unseen():
                self._execute(above)
            with self._recorded():
                self._execute(own)
        else:
            self._run(self._all(above, own))

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        name = self.request.label or "run"
        with record(name) as self.recording:
            self.recording.cells = {self.request.file: (name, 0), ABOVE: ("the code above", 0)}
            yield

    def _run(self, main: Coroutine[Any, Any, None]) -> None:
        asyncio.run(main)

    async def _all(self, above: types.CodeType, own: types.CodeType) -> None:
        with _unseen():
            await self._awaited(above)
        with self._recorded():
            await self._awaited(own)

    async def _awaited(self, code: types.CodeType) -> None:
        if _is_async(code):
            await types.FunctionType(code, self.module.__dict__)()
        else:
            self._execute(code)

    def _execute(self, code: types.CodeType) -> None:
        exec(code, self.module.__dict__)  # noqa: S102  # it is the reader's own

    @staticmethod
    def _compiled(code: str, file: str, flags: int = 0) -> types.CodeType:
        found: types.CodeType = compile(code, file, "exec", flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        return found


class _WarmUp(_Run):
    """A run that takes no number from asyncio for its main task."""

    def _run(self, main: Coroutine[Any, Any, None]) -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(loop.create_task(main, name="main"))
        loop.close()


@contextmanager
def _unseen() -> Iterator[None]:
    """Throws away what is printed: what earlier snippets print, the page shows below them."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield


def _is_async(code: types.CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_COROUTINE)


class Runner:
    """Runs what readers wrote, one after the other."""

    def __init__(self, send: Send, block: Callable[[float], object]) -> None:
        """``send`` takes what is printed; ``block`` keeps this thread from running for some seconds."""
        self._send, self._block = send, block
        self._output: Output | None = None

    def start(self) -> None:
        """Makes ready for the first run, with one that nobody sees: what is slow the first time is over then."""
        install(self._sleep)
        self._one(_WarmUp(Request(WARM_UP)), lambda *_: None)

    def run(self, request: Request) -> Done:
        """Runs a code to its end."""
        return self._one(_Run(request), self._send)

    def _sleep(self, seconds: float) -> None:
        if self._output:
            self._output.before_sleep(seconds)
        self._block(seconds)

    def _one(self, run: _Run, send: Send) -> Done:
        begun = time.monotonic()
        self._output = Output(send, lambda: time.monotonic() - begun)
        outcome: Outcome = "finished"
        error = ""
        with suppress(OutputCutError), absent.told() as asked, self._output.taking_all():
            try:
                run.start()
            except BaseException as raised:
                outcome, error = _outcome(raised, run.request)
            gc.collect()  # what nobody has looked at is told of now
        if "multiprocessing" in error.rpartition("NotImplementedError")[2]:
            asked.append(absent.PROCESSES)
        if outcome not in ("finished", "cut") and asked:
            outcome, error = "unavailable", asked[-1]
        self._output.send()
        self._output = None
        seconds = time.monotonic() - begun
        return Done(outcome, error, _figure(run), round(seconds, 3))


def _outcome(raised: BaseException, request: Request) -> tuple[Outcome, str]:
    match raised:
        case OutputCutError():
            return "cut", "The output ends here: a run may print 200 kB."
        case SystemExit(code=None | 0):
            return "finished", ""
        case SystemExit(code=int() as status):
            return "raised", f"The program ended with exit status {status}.\n"
        case SystemExit(code=said):
            return "raised", f"{said}\n"
        case DeadlockError():
            return "deadlock", f"It stands still: {raised}."
    return "raised", errors.said(raised, [request.file, ABOVE])


def _figure(run: _Run) -> str:
    """The drawing of a run, named apart from those that the page has already."""
    recording = run.recording
    if recording is None:
        return ""
    until = run.request.until
    figure = page.figure(
        [recording],
        name=f"live-{slug(recording.name)}",
        until=until if recording.seconds > until / 20 else 0,  # of a far shorter one nothing would be seen
    )
    return page.without_styles(figure)
