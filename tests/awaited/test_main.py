"""Each command of the command line, with its exit status and what it says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import awaited.__main__
import awaited.build
import awaited.preview
from awaited.__main__ import main
from awaited.read.project import Project

PAGE = "---\ntitle: One\n---\n\n```{python}\n#| label: greet\nprint('hello')\n```\n"
Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that each of these tests takes one step further."""
    return make_project(tmp_path_factory.mktemp("main"), {"index.qmd": "Home\n", "posts/one.qmd": PAGE})


def run(project: Project, command: str, *options: str) -> int:
    return main([command, str(project.root), *options])


def test_tangle_check_before_anything_is_tangled(made: Project, capsys: Said) -> None:
    assert run(made, "tangle", "--check") == 1
    assert "+    print('hello')\n" in capsys.readouterr().out
    assert not (made.root / "examples").exists()


def test_weave_before_anything_is_executed(made: Project, capsys: Said) -> None:
    assert run(made, "weave", "--engine", "smalldocs") == 1
    assert capsys.readouterr().err == "awaited: posts/one.qmd: has no frozen results; run 'awaited execute' first\n"
    assert not made.site.exists()


def test_the_steps_one_by_one(made: Project, capsys: Said) -> None:
    assert run(made, "execute", "--jobs", "1") == 0
    assert "  posts/one.qmd: greet  0." in capsys.readouterr().err
    assert run(made, "tangle") == 0
    assert run(made, "tangle", "--check") == 0
    assert run(made, "weave", "--engine", "smalldocs") == 0
    assert "hello" in (made.site / "posts/one.html").read_text()
    assert {file.name for file in made.scratch.iterdir() if file.is_dir()} == set()


def test_build(made: Project, capsys: Said) -> None:
    assert run(made, "build", "--engine", "smalldocs") == 0
    out, errors = capsys.readouterr()
    assert re.fullmatch(r"  ran scripts on Python 3\.\d+: 1 run\n", errors)
    step = r"\d+\.\d\d s"
    assert re.fullmatch(
        rf"{re.escape(str(made.site))}/index\.html  \(engine: smalldocs; no cell had to run; "
        rf"compare {step}, read {step}, execute {step}, prove {step}, weave {step}, finish {step}\)\n",
        out,
    )
    assert run(made, "build", "--engine", "smalldocs") == 0
    ran = "nothing has changed, so no cell had to run"
    site = re.escape(str(made.site))
    out = capsys.readouterr().out
    assert re.fullmatch(rf"{site}/index\.html  \(engine: smalldocs; {ran}; compare {step}\)\n", out)
    assert run(made, "build", "--engine", "smalldocs", "--fresh") == 0
    assert "articles executed: 1;" in capsys.readouterr().out


def test_preview_gets_its_port(made: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ports: list[int] = []
    monkeypatch.setattr(awaited.preview, "preview", lambda project, rebuild, progress, port: ports.append(port))
    assert run(made, "preview") == 0
    assert run(made, "preview", "--port", "5000") == 0
    assert ports == [4200, 5000]


def test_here_is_the_default(made: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made.root)
    assert main(["tangle"]) == 0
    assert main(["tangle", "--check"]) == 0


def test_a_folder_without_a_project(tmp_path: Path, capsys: Said) -> None:
    assert main(["build", str(tmp_path)]) == 1
    expected = f"awaited: {tmp_path}: no _quarto.yml here: name the folder of a Quarto project\n"
    assert capsys.readouterr() == ("", expected)


def test_ctrl_c(made: Project, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(awaited.build, "build", interrupted)
    before = signal.getsignal(signal.SIGINT)
    try:
        assert run(made, "build") == 130
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN, "a second one comes too late to stop anything"
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr() == ("", "awaited: stopped; the last good site stays\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: command"),
        (["bake"], "invalid choice: 'bake'"),
        (["build", "--jobs", "0"], "argument --jobs: must be 1 or more"),
        (["build", "--jobs", "many"], "argument --jobs: invalid"),
        (["build", "--engine", "word"], "argument --engine: invalid choice: 'word'"),
        (["tangle", "--fresh"], "unrecognized arguments: --fresh"),
    ],
)
def test_wrong_arguments(arguments: list[str], message: str, capsys: Said) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", ["build", "tangle", "execute", "weave", "prove", "preview"])
def test_each_command_explains_itself(command: str, capsys: Said) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: awaited {command}" in capsys.readouterr().out


def test_help_waits_for_nothing_heavy() -> None:
    heavy = {
        "asyncio",
        "nbclient",
        "jupyter_client",
        "smalldocs",
        "selectolax",
        "PIL",
        "tinycss2",
        "importlib.metadata",
    }
    program = "import sys; from awaited.__main__ import parser; parser().format_help(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "awaited.__main__" in imported
    assert not imported & heavy


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_one_whatever_error_it_ends_in(
    made: Project, monkeypatch: pytest.MonkeyPatch, capsys: Said, number: int
) -> None:
    def cut_off(_: object) -> Project:
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            raise SyntaxError("can't load unicodedata module") from None  # as Python's compiler does
        raise AssertionError("the signal was not heard")

    before = signal.signal(signal.SIGINT, signal.default_int_handler), signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(awaited.__main__, "load", cut_off)
    try:
        assert run(made, "tangle") == 130
    finally:
        signal.signal(signal.SIGINT, before[0])
    assert capsys.readouterr().err == "awaited: stopped; the last good site stays\n"
    assert signal.getsignal(signal.SIGTERM) is before[1]


@pytest.mark.parametrize("closed", [1, 2])
def test_nobody_has_to_listen(made: Project, closed: int) -> None:
    command = f"{sys.executable} -m awaited tangle {made.root} {closed}>&-"
    assert subprocess.run(command, shell=True, capture_output=True, check=False).returncode == 0


def test_what_could_not_be_said_is_no_success(made: Project) -> None:
    command = [sys.executable, "-m", "awaited", "tangle", str(made.root)]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, env=buffered, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 120
    assert "No space left on device" in done.stderr
