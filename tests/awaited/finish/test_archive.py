"""The archive of all scripts brings along what it takes to run them, and tests that notice when they do not agree."""

from __future__ import annotations

import ast
import json
import platform
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from trial_site import PRINTED, Trial

from awaited.finish.archive import ARCHIVE, publish_archive
from awaited.prove.proofs import Proofs
from awaited.read.versions import admits

pytestmark = pytest.mark.slow

TOOLS = {"compare", "plain_text", "versions", "local_httpbin", "test_scripts"}


@pytest.fixture
def unpacked(trial: Trial, tmp_path: Path) -> Path:
    """The folder that the archive unpacks to."""
    with zipfile.ZipFile(trial.site / ARCHIVE) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "examples"


def run_tests(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:looptime", "-v"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_it_holds_scripts_tests_and_what_they_need(trial: Trial, unpacked: Path) -> None:
    files = {file.relative_to(unpacked).as_posix() for file in unpacked.rglob("*") if file.is_file()}
    scripts = {f"one/{script.path.name}" for script in trial.scripts}
    tests = {f"tests/{name}.py" for name in TOOLS} | {"tests/shown.json", "tests/requirements.txt", "pytest.ini"}
    assert files == scripts | tests | {"README.md", "requirements.txt"}
    assert (unpacked / "requirements.txt").read_text() == f"# What scripts import.\naiohttp=={version('aiohttp')}\n"
    needed = (unpacked / "tests/requirements.txt").read_text().split("\n")
    assert needed[1:4] == [
        "-r ../requirements.txt",
        f"packaging=={version('packaging')}",
        f"pytest=={version('pytest')}",
    ]
    assert not any("httpbin" in line for line in needed), "no script calls it"


def test_its_tests_stand_on_their_own(unpacked: Path) -> None:
    for name in TOOLS:
        tree = ast.parse((unpacked / f"tests/{name}.py").read_text())
        modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not any(module.startswith("awaited") for module in modules), name


def test_its_readme_says_what_is_proven(unpacked: Path) -> None:
    readme = (unpacked / "README.md").read_text()
    assert "# The scripts of Trial & Error" in readme
    assert (
        "| `one/newest.py` | [First Part](https://example.org/blog/posts/one/#newest) | Python 3.14, not run" in readme
    )
    assert "{" not in readme


def test_its_tests_pass_and_skip_only_with_a_reason(trial: Trial, unpacked: Path) -> None:
    done = run_tests(unpacked)
    here = platform.python_version()
    fitting = [script for script in trial.scripts if script.cell.works_on(here) and script.cell.is_printed_by(here)]
    assert done.returncode == 0, done.stdout
    assert f"{len(fitting)} passed" in done.stdout
    if not admits(">=3.14", here):
        assert f"needs Python 3.14 or later, and this is {here}" in done.stdout
    if not admits(">=3.13", here):
        assert f"its page shows what Python 3.13 or later prints, and this is {here}" in done.stdout


def test_a_script_that_prints_something_else_is_caught(unpacked: Path) -> None:
    script = unpacked / "one/sum_up.py"
    script.write_text(script.read_text().replace("a sum", "another sum"))
    done = run_tests(unpacked)
    assert done.returncode == 1
    assert "-a sum" in done.stdout
    assert "+another sum" in done.stdout


def test_what_cannot_be_compared_is_skipped_with_the_reason(unpacked: Path) -> None:
    file = unpacked / "tests/shown.json"
    cases = json.loads(file.read_text())
    assert cases["one/sum_up.py"]["shown"]["own"]["stdout"] == PRINTED[2]
    file.write_text(json.dumps({name: {**case, "shown": None} for name, case in cases.items()}))
    done = run_tests(unpacked)
    assert f"{len(cases)} skipped" in done.stdout
    assert "what its page shows was not kept when the site was made" in done.stdout


def test_the_same_scripts_give_the_same_bytes(trial: Trial, tmp_path: Path) -> None:
    publish_archive(trial.project, tmp_path, trial.scripts, trial.proofs)
    assert (tmp_path / ARCHIVE).read_bytes() == (trial.site / ARCHIVE).read_bytes()


def test_packages_that_differ_between_pythons_are_told_apart(trial: Trial, tmp_path: Path) -> None:
    proofs = Proofs(trial.proofs.of, {"3.11.7": {"aiohttp": "3.9"}, "3.14.2": {"aiohttp": "3.14"}})
    publish_archive(trial.project, tmp_path, trial.scripts, proofs)
    with zipfile.ZipFile(tmp_path / ARCHIVE) as archive:
        lines = archive.read("examples/requirements.txt").decode().split("\n")
    assert lines[1:3] == ['aiohttp==3.9; python_version == "3.11"', 'aiohttp==3.14; python_version == "3.14"']
