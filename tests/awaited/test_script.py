"""Cells that are whole programs run as programs; all others run in the kernel as before."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from awaited import script

PROGRAM = """\
import asyncio

async def main() -> None:
    print("ran in a loop of its own")

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell with the module enabled, and no trace of it afterwards."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(history_load_length=0, colors="nocolor")
    shell.history_manager.enabled = False
    script.enable()
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_a_program_runs_although_a_loop_is_running(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_cell("import asyncio\nawait asyncio.sleep(0)").raise_error()
    in_the_kernel = shell.run_cell(PROGRAM.replace('if __name__ == "__main__":', "if await asyncio.sleep(0, True):"))
    assert isinstance(in_the_kernel.error_in_exec, RuntimeError), "this is what the module is for"
    capsys.readouterr()
    shell.run_cell(PROGRAM).raise_error()
    assert capsys.readouterr() == ("ran in a loop of its own\n", "")


def test_a_program_shares_no_names_with_the_kernel(shell: InteractiveShell) -> None:
    shell.run_cell("main = 'ours'").raise_error()
    shell.run_cell(PROGRAM).raise_error()
    assert shell.user_ns["main"] == "ours"


@pytest.mark.parametrize(
    "code",
    [
        "value = __name__ == '__main__'",
        "value = '''\nif __name__ == \"__main__\":\n'''",
        "def f():\n    if __name__ == '__main__':\n        return\nvalue = 1",
        "if __name__ != '__main__':\n    pass\nvalue = 1",
        "%timeit -n1 -r1 pass\nif __name__ == '__main__':\n    value = 1",
    ],
)
def test_other_cells_run_in_the_kernel(shell: InteractiveShell, code: str) -> None:
    shell.run_cell(code).raise_error()
    assert shell.user_ns["value"]


@pytest.mark.parametrize("guard", ["__name__ == '__main__'", '"__main__" == __name__', "(__name__ == '__main__')"])
def test_guards(guard: str) -> None:
    assert script.is_program(f"if {guard}:\n    pass")


def test_text_arrives_to_the_letter(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    text = "'\"\\ \n!ls %magic {braces} $HOME ünï ✓ what?"
    shell.run_cell(f"if __name__ == '__main__':\n    print({text!r})  # why?").raise_error()
    assert capsys.readouterr().out == text + "\n"


def test_stderr_is_passed_on_without_the_place_of_the_file(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_cell("import warnings\nif __name__ == '__main__':\n    warnings.warn('old', stacklevel=1)").raise_error()
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith("program.py:3: UserWarning: old")
    assert tempfile.gettempdir() + os.sep not in written.err


@pytest.mark.parametrize(("statement", "status"), [("raise ValueError('no')", 1), ("raise SystemExit(3)", 3)])
def test_a_failing_program_is_an_error(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], statement: str, status: int
) -> None:
    result = shell.run_cell(f"if __name__ == '__main__':\n    print('before')\n    {statement}")
    assert isinstance(result.error_in_exec, script.ProgramError)
    assert f"exit status {status}" in str(result.error_in_exec)
    assert capsys.readouterr().out.startswith("before\n")


@pytest.fixture
def as_quarto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Puts a cell with an option into the document that Quarto says it runs; the cell's code, as IPython gets it."""
    monkeypatch.setenv("QUARTO_DOCUMENT_PATH", str(tmp_path))
    monkeypatch.setenv("QUARTO_DOCUMENT_FILE", "new.qmd")

    def write(option: str) -> str:
        (tmp_path / "new.qmd").write_text(f"```{{python}}\n#| label: new\n#| {option}\nprint('ran')\n```\n")
        return "print('ran')"

    return write


@pytest.mark.parametrize(
    ("option", "printed"),
    [
        ('python: ">=3.99"', f"Needs Python 3.99 or later: this page was built with {platform.python_version()}.\n"),
        ('python: ">=3.11"', "ran\n"),
        (
            'printed-by: ">=3.99"',
            f"ran\nPrinted by Python {platform.python_version()}: Python 3.99 or later prints something else.\n",
        ),
        ("echo: true", "ran\n"),
    ],
)
def test_quarto_alone_leaves_out_what_wants_another_python_and_says_so(
    shell: InteractiveShell,
    capsys: pytest.CaptureFixture[str],
    as_quarto: Callable[[str], str],
    option: str,
    printed: str,
) -> None:
    shell.run_cell(as_quarto(option)).raise_error()
    assert capsys.readouterr().out == printed


def test_enabling_twice_changes_nothing(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    before = list(shell.input_transformers_cleanup)
    script.enable()
    assert shell.input_transformers_cleanup == before


def test_enabling_outside_ipython_changes_nothing() -> None:
    InteractiveShell.clear_instance()
    script.enable()


def test_a_program_can_start_processes(capsys: pytest.CaptureFixture[str]) -> None:
    script.run(
        "import multiprocessing\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "def double(number):\n    return 2 * number\n"
        "if __name__ == '__main__':\n"
        "    with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool:\n"
        "        print(pool.submit(double, 21).result())\n"
    )
    assert capsys.readouterr() == ("42\n", "")
