"""The files that a page loads: what they are made of, that they fit, and that they are made once."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from awaited.live import files, precompile
from awaited.live.files import Runtime, kept, lay_out, prepare
from awaited.live.machine import compilers
from awaited.memory.keeper import TOOL
from awaited.read.errors import AwaitedError
from awaited.read.project import load
from tests.conftest import MakeProject

MEGABYTE = 1_000_000


def names(archive: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.namelist()


def test_all_of_it_is_small(runtime: Runtime) -> None:
    loaded = [data for name, data in runtime.files.items() if not name.endswith(".txt")]
    assert sum(len(gzip.compress(data, 9)) for data in loaded) < 6.5 * MEGABYTE


def test_the_recorder_is_the_tools_own(runtime: Runtime) -> None:
    own = {file.relative_to(TOOL.parent).with_suffix("").as_posix() for file in (TOOL / "timeline").rglob("*.py")}
    shipped = {name.partition(".")[0] for name in names(runtime.files["awaited.zip"])}
    assert own <= shipped
    assert not {name for name in shipped if not name.startswith("awaited/")}


def test_the_worker_knows_how_long_its_files_are(runtime: Runtime) -> None:
    text = runtime.files["worker.js"].decode()
    known = json.loads(re.findall(r"const FILES = (.*);", text)[0])
    assert {name: size for name, (_, size) in known.items()} == {name: len(runtime.files[name]) for name in known}
    assert json.loads(re.findall(r"const LOCK = (.*);", text)[0])["packages"] == {}


def test_licences_and_a_notice_are_with_it(runtime: Runtime) -> None:
    notice = runtime.files["NOTICE.txt"].decode()
    assert "Mozilla Public License 2.0" in notice
    assert "PSF License Agreement" in notice
    assert files.PYODIDE.version in notice
    assert b"MIT License" in runtime.files["LICENSE.txt"]


def test_it_is_laid_out_as_a_whole_under_its_hash(runtime: Runtime, root: Path, tmp_path: Path) -> None:
    laid = lay_out(load(root), tmp_path)
    assert laid == runtime
    assert runtime.folder == f"live/{runtime.hash}/"
    found = {file.name: file.read_bytes() for file in (tmp_path / runtime.folder).iterdir()}
    assert found == dict(runtime.files)


def test_it_is_made_once(runtime: Runtime, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_made", None)
    assert prepare(load(root)) == runtime


def test_without_what_was_prepared_there_is_none(project: MakeProject, tmp_path: Path) -> None:
    trial = project()
    assert kept(trial) is None
    assert lay_out(trial, tmp_path / "site") is None
    assert not (tmp_path / "site").exists()


def test_without_a_registry_there_is_none(project: MakeProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    trial = project()
    trial.scratch.mkdir()
    with pytest.raises(AwaitedError, match="could not be had from the npm registry: it does not answer"):
        prepare(trial)


def test_a_tarball_that_is_here_needs_no_registry(
    runtime: Runtime, root: Path, project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    trial = project()
    trial.scratch.mkdir()
    (trial.scratch / "runtime-of-old.zip").touch()
    for name in (files.PYODIDE.file, *(file.name for file in load(root).scratch.glob("library-*.zip"))):
        (trial.scratch / name).symlink_to(load(root).scratch / name)
    assert prepare(trial) == runtime
    assert kept(trial) == runtime
    assert not (trial.scratch / "runtime-of-old.zip").exists()


def test_without_a_fitting_python_modules_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "compilers", lambda: ["/bin/false"])
    assert names(files._compiled({"a.py": b"x = 1\n"}, "/lib/a.zip")) == ["a.py"]


def test_a_fitting_python_compiles_them(tmp_path: Path) -> None:
    """As the program that it is: tried with this Python, whose bytecode is another, and with one that fits, if any."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a/b.py", '"""Says."""\nassert True\ndef f():\n    "Does."\n    return 1\n')
        archive.writestr("a/data.txt", "kept")
    (tmp_path / "from.zip").write_bytes(written.getvalue())
    precompile.precompile(str(tmp_path / "from.zip"), str(tmp_path / "to.zip"), "/lib/x.zip")
    with zipfile.ZipFile(tmp_path / "to.zip") as archive:
        assert archive.namelist() == ["a/b.pyc", "a/data.txt"]
        code = archive.read("a/b.pyc")
    assert b"/lib/x.zip/a/b.py" in code
    assert b"Does" not in code
    assert b"Says" not in code
    for python in compilers()[:1]:
        command = [python, precompile.__file__, tmp_path / "from.zip", tmp_path / "there.zip", "/lib/x.zip"]
        assert subprocess.run(command, check=False).returncode == 0
