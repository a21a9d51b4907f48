"""The files that a page loads when a reader first runs something: Python, its library, and the tool's own recorder.

They are made from npm's ``pyodide`` and from this tool, and kept in ``.awaited/`` for the builds to come.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from awaited.live.machine import compilers
from awaited.live.precompile import LONG_AGO
from awaited.live.registry import Release
from awaited.memory.files import write_whole
from awaited.memory.keeper import TOOL
from awaited.read.project import Project

PYODIDE = Release(
    "pyodide",
    "314.0.7",
    "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==",
)
PYTHON = "3.14.2"
"""The version of Python in it."""
TAKEN = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
"""What of Pyodide is passed on as it is; its library is, too, unless it can be compiled."""
UNFIT = re.compile(
    r"(_pyrepl|ensurepip|idlelib|lib2to3|pydoc_data|tkinter|turtledemo|venv|wsgiref|xmlrpc)/"
    r"|(antigravity|doctest|ftplib|imaplib|mailbox|modulefinder|pdb|pickletools|poplib|pydoc|smtplib|turtle)\.py"
    r"|encodings/(big5|cp(?!1252|437)|euc|gb|hp|hz|iso|johab|koi8|kz|mac|palmos|ptcp|shift|tis)"
)
"""What of Python's library has no use in a page: what needs a terminal, a window, a network or other computers."""
SHIPPED = ("__init__.py", "script.py", "timeline/**/*.py", "live/__init__.py", "live/worker/*.py")
"""The tool's own modules that run in the browser."""
LIBRARY, OWN = "library.zip", "awaited.zip"
PLACES = {LIBRARY: "/lib/python314.zip", OWN: "/lib/awaited.zip"}
"""Where the archives lie in the browser's file system."""
LOCK = {"info": {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": PYTHON,
                 "version": PYODIDE.version}, "packages": {}}  # fmt: skip
"""What Pyodide wants to know of the packages that belong to it: that there are none."""
WHAT = {"pyodide.asm.wasm": "Python", LIBRARY: "its library", OWN: "the recorder"}
"""What a reader is told of the files that the worker fetches."""
NOTICE = """\
These files run Python in your browser. Nothing is loaded before you run something, and nothing you write is sent.

pyodide.mjs, pyodide.asm.mjs, pyodide.asm.wasm
    Pyodide {pyodide}, https://github.com/pyodide/pyodide, unchanged.
    Mozilla Public License 2.0, https://mozilla.org/MPL/2.0/
    Its source: https://github.com/pyodide/pyodide/tree/{pyodide}
pyodide.asm.wasm and library.zip
    CPython {python} and its library, https://github.com/python/cpython/tree/v{python}{how}.
    Copyright (c) 2001 Python Software Foundation; All Rights Reserved.
    PSF License Agreement, https://docs.python.org/3.14/license.html
    The parts of library.zip named pyodide and _pyodide belong to Pyodide, see above.
awaited.zip, worker.js
    Awaited, MIT License: see LICENSE.txt.
"""


@dataclass(frozen=True)
class Runtime:
    """All that is needed to run Python in a page."""

    hash: str
    """What changes when one of the files does."""
    files: Mapping[str, bytes]

    @property
    def folder(self) -> str:
        """Where the files are in the site, with a slash at its end."""
        return f"live/{self.hash}/"

    def write(self, site: Path) -> None:
        """Puts the files into a site."""
        for name, data in self.files.items():
            write_whole(site / self.folder / name, data)


def lay_out(project: Project, site: Path) -> Runtime | None:
    """Puts the files into a site, for pages to load; None where there are none, as they could not be fetched."""
    runtime = kept(project)
    if runtime:
        runtime.write(site)
    return runtime


def kept(project: Project) -> Runtime | None:
    """The files that an earlier ``prepare`` has made of the tool as it is; None where there are none."""
    try:
        with zipfile.ZipFile(_kept_file(project)) as archive:
            return Runtime(archive.comment.decode(), {name: archive.read(name) for name in archive.namelist()})
    except (OSError, zipfile.BadZipFile):
        return None


def prepare(project: Project) -> Runtime:
    """The files, which are made once; raises AwaitedError, for a person, where npm's registry does not give Pyodide."""
    found = kept(project)
    if found is None:
        tarball = project.scratch / PYODIDE.file
        if not PYODIDE.is_in(tarball):
            PYODIDE.fetch(tarball, project.root)
        found = _made(tarball)
        _keep(_kept_file(project), _zipped(found.files, zipfile.ZIP_STORED, found.hash))
    return found


def _keep(file: Path, data: bytes) -> None:
    """Keeps something in the place of what was kept of older tools."""
    for old in file.parent.glob(f"{file.name.rpartition('-')[0]}-*.zip"):
        old.unlink(missing_ok=True)
    write_whole(file, data)


def _kept_file(project: Project) -> Path:
    made_of = [PYODIDE, _own_files(), _read("live/precompile.py"), _read("live/files.py"), compilers()]
    return project.scratch / f"runtime-{hashlib.sha256(repr(made_of).encode()).hexdigest()[:12]}.zip"


def _made(tarball: Path) -> Runtime:
    with tarfile.open(tarball) as packed:
        given = {name: _member(packed, name) for name in (*TAKEN, "python_stdlib.zip")}
    own = _own_files()
    worker = own.pop("worker.js")
    library = _library(tarball.parent, given.pop("python_stdlib.zip"))
    packages = _compiled({f"awaited/{name}": data for name, data in own.items()}, PLACES[OWN])
    given |= {LIBRARY: library, OWN: packages}
    given["worker.js"] = _worker(worker.decode(), given).encode()
    given["LICENSE.txt"] = (TOOL.parent / "LICENSE").read_bytes() if (TOOL.parent / "LICENSE").is_file() else b"MIT\n"
    how = ", compiled" if compilers() else ""
    given["NOTICE.txt"] = NOTICE.format(pyodide=PYODIDE.version, python=PYTHON, how=how).encode()
    digest = hashlib.sha256()
    for name, data in sorted(given.items()):
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return Runtime(digest.hexdigest()[:12], given)


def _member(packed: tarfile.TarFile, name: str) -> bytes:
    file = packed.extractfile(f"package/{name}")
    assert file is not None, "a pinned tarball holds what it held"
    return file.read()


def _read(name: str) -> bytes:
    return (TOOL / name).read_bytes()


def _own_files() -> dict[str, bytes]:
    """The tool's own files that run in the browser."""
    files = sorted({file for pattern in SHIPPED for file in TOOL.glob(pattern)})
    own = {file.relative_to(TOOL).as_posix(): file.read_bytes() for file in files}
    return own | {"worker.js": _read("live/worker/worker.js")}


def _fit(library: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(library)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/") and not UNFIT.match(name)]
        return {name: archive.read(name) for name in names}


def _zipped(files: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED, comment: str = "") -> bytes:
    """An archive of some files that is always the same."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.comment = comment.encode()
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), data, how, compresslevel=9)
    return written.getvalue()


def _library(folder: Path, given: bytes) -> bytes:
    """Python's library, compiled; kept apart from the rest, since it takes seconds to make."""
    made_of = [PYODIDE, UNFIT.pattern, _read("live/precompile.py"), compilers()]
    file = folder / f"library-{hashlib.sha256(repr(made_of).encode()).hexdigest()[:12]}.zip"
    with contextlib.suppress(OSError, zipfile.BadZipFile, zlib.error), zipfile.ZipFile(file) as archive:
        if archive.testzip() is None:
            return file.read_bytes()
    made = _compiled(_fit(given), PLACES[LIBRARY])
    _keep(file, made)
    return made


def _compiled(modules: Mapping[str, bytes], place: str) -> bytes:
    """An archive of modules, compiled where a Python of this machine can do it."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.zip"), Path(folder, "target.zip")
        source.write_bytes(_zipped(modules, zipfile.ZIP_STORED))
        for python in compilers():
            command = [
                python,
                "-I",
                "-X",
                "no_debug_ranges",
                str(TOOL / "live" / "precompile.py"),
                str(source),
                str(target),
                place,
            ]
            environment = {**os.environ, "PYTHONHASHSEED": "0"}
            if subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0:
                return target.read_bytes()
    return _zipped(modules)


def _worker(text: str, files: Mapping[str, bytes]) -> str:
    """The worker, which knows the files that it fetches, and how long they are."""
    known = {name: [what, len(files[name])] for name, what in WHAT.items()}
    for name, value in ("FILES", known), ("LOCK", LOCK):
        start, rest = text.split(f"const {name} = ", 1)
        text = f"{start}const {name} = {json.dumps(value)};" + rest.partition(";")[2]
    return text
