"""Records a whole program in its own process, from its first line to its last, without changing what it prints.

The program is run as ever; Python itself begins the recording, by a ``sitecustomize`` module that the environment leads
it to. The program sees nothing of that: its arguments, its tracebacks, its path and its environment are as without.
"""

from __future__ import annotations

import atexit
import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from awaited.timeline.recorder import Recorder
from awaited.timeline.recording import Recording, without_code

_BEGIN = """\
import importlib.machinery, importlib.util, os, sys
sys.path.insert(0, {root!r})
from awaited.timeline import program
del sys.path[0]
program.begin({file!r}, {folder!r}, {before!r})
found = importlib.machinery.PathFinder.find_spec("sitecustomize")
if found is not None and found.loader is not None:
    found.loader.exec_module(importlib.util.module_from_spec(found))
"""


class Program:
    """What became of a program that was to be recorded."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def recording(self) -> Recording | None:
        """The recording of the program, once that has ended; None where none was made."""
        with suppress(OSError, EOFError, pickle.UnpicklingError):
            found = pickle.loads(self._file.read_bytes())  # noqa: S301  # written by our own process
            return found if isinstance(found, Recording) else None
        return None


@contextmanager
def recorded() -> Iterator[Program]:
    """Has the Python program that is started meanwhile, with this process's environment, record itself."""
    before = os.environ.get("PYTHONPATH")
    with TemporaryDirectory() as folder:
        file = Path(folder, "recording")
        root = str(Path(__file__).parents[2])
        text = _BEGIN.format(root=root, file=str(file), folder=folder, before=before)
        Path(folder, "sitecustomize.py").write_text(text, encoding="utf-8")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, before]))
        try:
            yield Program(file)
        finally:
            _put_back(before)


def _put_back(before: str | None) -> None:
    if before is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = before


def begin(file: str, folder: str, before: str | None) -> None:
    """Begins to record this process, as ``recorded`` has told it; the programs that it starts are not recorded."""
    _put_back(before)
    with suppress(ValueError):
        sys.path.remove(folder)
    run = Recording(cells={sys.argv[0]: ("", 0)})
    recorder = Recorder(run)
    process = os.getpid()

    def end() -> None:
        if os.getpid() != process:
            return  # a fork of the program
        recorder.stop(getattr(sys, "last_exc", None) or getattr(sys, "last_value", None))
        Path(file).write_bytes(pickle.dumps(without_code(run)))

    atexit.register(end)
    recorder.start()
