"""Nothing can be forgotten: every visible cell has a script, every script a cell and a behaviour test."""

import ast
import contextlib
import importlib
import runpy
import sys
import warnings
from pathlib import Path

import looptime
import pytest

from awaited import httpbin
from awaited.tangle.scripts import Script
from tests.own import ARTICLES, SCRIPTS

ROOT = Path(__file__).parents[2]
MODULES = [".".join(script.path.with_suffix("").parts) for script in SCRIPTS]


def test_every_visible_cell_has_a_script() -> None:
    wanted = {
        (article.path, cell.label)
        for article in ARTICLES
        for cell in article.cells
        if cell.is_visible and cell.is_evaluated and cell.setting("example") is not False
    }
    assert {(script.article.path, script.cell.label) for script in SCRIPTS} == wanted


def test_every_script_has_a_cell() -> None:
    on_disk = {file.relative_to(ROOT) for file in (ROOT / "examples").rglob("*.py")}
    assert on_disk == {script.path for script in SCRIPTS}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.path.stem)
def test_every_script_has_a_behaviour_test_that_imports_it(script: Script) -> None:
    path = script.path
    tests = ROOT / "tests" / "examples" / f"test_{path.parent.name}.py"
    assert tests.is_file(), f"{path.parent} has no test module; write {tests.relative_to(ROOT)}"
    package = ".".join(path.parent.parts)
    imported = {
        alias.name
        for node in ast.walk(ast.parse(tests.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == package
        for alias in node.names
    }
    assert path.stem in imported, f"{tests.name} imports no {path.stem}"


@pytest.mark.parametrize("module", MODULES)
def test_importing_a_script_prints_nothing_and_starts_nothing(
    module: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("an import started an event loop or a process")

    monkeypatch.setattr("asyncio.run", refuse)
    monkeypatch.setattr("asyncio.Runner.run", refuse)
    monkeypatch.setattr("subprocess.Popen", refuse)
    monkeypatch.delitem(sys.modules, module, raising=False)
    importlib.import_module(module)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.path.stem)
def test_a_script_runs_to_its_end(
    script: Script, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it prints what its page shows is for ``awaited prove`` to say; here the waiting takes no time."""
    if "import aiohttp" not in script.text:  # real connections need the real clock
        monkeypatch.setattr("asyncio.events.new_event_loop", looptime.new_event_loop)
    if script.cell.options.get("broken"):  # Python only warns of an await that was forgotten
        warnings.simplefilter("ignore", RuntimeWarning)
    shall_raise = pytest.raises(Exception, match=r".") if script.cell.setting("error") else contextlib.nullcontext()
    with httpbin.running(), shall_raise:
        runpy.run_path(str(ROOT / script.path), run_name="__main__")
    assert capsys.readouterr().out
