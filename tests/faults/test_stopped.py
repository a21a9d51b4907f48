"""A build that is stopped, at any moment and in any way, leaves the old site or the new one, and nothing half done."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.build import only_build
from awaited.memory import freezer
from awaited.memory.files import UNFINISHED
from awaited.read.project import Project, load
from tests.faults.injection import ROOT, build, contents, left_processes, start

SEED = 6
STOPS = {signal.SIGINT: 25, signal.SIGTERM: 25, signal.SIGKILL: 8}
PAGE = "---\ntitle: Version {0}\n---\n\n```{{python}}\n#| label: tell\nprint({1})\n```\n"


def rewrite(project: Project, version: int) -> None:
    """A new version of all pages; of every other one the cells have to run."""
    (project.root / "index.qmd").write_text(f"---\ntitle: Version {version}\n---\n")
    (project.root / "posts/good.qmd").write_text(PAGE.format(version, version // 2))


def versions(project: Project) -> set[str]:
    """The versions that the pages of a site are of."""
    return {found for page in ("index.html", "posts/good.html")
            for found in re.findall(r"[Vv]ersion (-?\d+)", (project.site / page).read_text())}  # fmt: skip


def time_build(project: Project, version: int) -> float:
    """The seconds that a build of a new version takes."""
    rewrite(project, version)
    begun = time.monotonic()
    process = start(project)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert versions(project) == {str(version)}
    return time.monotonic() - begun


@pytest.mark.fault(
    "Ctrl-C at a random moment of a build, 25 times",
    "exit status 130; the old site or the new; the next build is right",
)
@pytest.mark.fault(
    "SIGTERM at a random moment of a build, 25 times",
    "exit status 130; the old site or the new; the next build is right",
)
@pytest.mark.fault(
    "SIGKILL at a random moment of a build, 8 times", "the old site or the new; the next build clears up and is right"
)
def test_a_build_stopped_at_random_moments(make_good: Callable[..., Project], tmp_path: Path) -> None:
    chance = random.Random(SEED)
    project = make_good(tmp_path / "project")
    lengths = [time_build(project, version) for version in (-2, -1)]  # with cells to run, and without
    standing, outside, finished = -1, 0, 0
    stops = [sent for sent, count in STOPS.items() for _ in range(count)]
    chance.shuffle(stops)
    for version, sent in enumerate(stops, 1):
        rewrite(project, version)
        part, begun = (version % 13 + chance.random()) / 13, time.monotonic()  # spread over the whole of it
        process = start(project)
        try:
            process.wait(part * lengths[version % 2])
        except subprocess.TimeoutExpired:
            process.send_signal(sent)
        else:
            lengths[version % 2] = time.monotonic() - begun  # the machine was busier before
        _, errors = process.communicate(timeout=60)
        assert left_processes(project, 5) == [], (version, sent)
        assert versions(project) in ({str(standing)}, {str(version)}), (version, sent)
        standing = int(versions(project).pop())
        finished += process.returncode == 0
        for record in project.freezer.rglob("html.json"):
            assert freezer.read(project.freezer, record.parents[1].relative_to(project.freezer).with_suffix(".qmd"))
        if errors.endswith("awaited: stopped; the last good site stays\n"):
            # a shell calls both 130; Python ends itself by SIGINT where a stop hit an exec() of the code it imports
            assert process.returncode in (130, -signal.SIGINT)
            assert "Traceback" not in errors
            assert not [entry for entry in project.scratch.iterdir() if entry.is_dir()]
        elif sent != signal.SIGKILL and process.returncode:  # while Python itself was starting or ending
            assert process.returncode == -sent or "Fatal Python error: init_import_site" in errors, errors
            assert "awaited/build.py" not in errors
            outside += 1
            lengths[version % 2] *= 1.25 if part > 0.5 else 1  # it is busier now
    assert outside + finished < len(stops) / 2, "most have been stopped at their work"
    assert build(project) == 0
    assert versions(project) == {str(len(stops))}
    assert not list(project.root.rglob(f"*{UNFINISHED}"))
    copy = tmp_path / "copy"
    shutil.copytree(project.root, copy, ignore=shutil.ignore_patterns("_site", "examples", ".awaited"))
    assert build(load(copy)) == 0
    assert contents(load(copy)) == contents(project), "byte for byte what a build makes that nobody has disturbed"


@pytest.mark.fault("Ctrl-C twice", "exit status 130; the old site; no process is left")
def test_ctrl_c_twice(good: Project, bad: Path) -> None:
    bad.write_text(PAGE.format(1, 1).replace("print(", "import time\n\nPath('started').touch()\ntime.sleep(60)\nprint(")
                   .replace("import time", "import time\nfrom pathlib import Path"))  # fmt: skip
    process, started = start(good), bad.with_name("started")
    while not started.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    started.unlink()
    assert process.returncode in (130, -signal.SIGINT)  # see above; a shell calls both 130
    assert errors.endswith("awaited: stopped; the last good site stays\n")
    assert "Traceback" not in errors


KILLED = """\
import os
import pathlib
import sys

from awaited.build import only_build, publish
from awaited.read.project import load

project, replace = load(sys.argv[1]), pathlib.Path.replace


def replace_once_and_die(self, target):
    replace(self, target)
    os.kill(os.getpid(), 9)


with only_build(project):
    made = project.scratch / "site"
    made.mkdir()
    pathlib.Path.replace = replace_once_and_die
    publish(project, made)
"""


@pytest.mark.fault(
    "a build is killed after the old site has gone and before the new one has come",
    "the next build brings the old one back",
)
def test_a_build_killed_between_two_steps(project: Project) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    before = contents(project)
    done = subprocess.run([sys.executable, "-c", KILLED, str(project.root)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not project.site.exists()
    with only_build(project):
        assert contents(project) == before, "the old site is there again, even before there is a new one"
    assert not [entry for entry in project.scratch.iterdir() if entry.is_dir()]
