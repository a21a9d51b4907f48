"""Two commands to adopt: a fresh environment gets the wheel, and builds a site that knows nothing of us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from blog import lay_out
from packaging.requirements import Requirement

from awaited.read.packages import imported, normal

ROOT = Path(__file__).parents[2]
OF_OUR_SITE = ("awaited/httpbin.py", "awaited/finish/archived_tests.py")
"""What articles of ours import, and what runs in the archive of examples: not a part of what builds a site."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made as ``python -m build`` has it made: by the build backend that pyproject.toml names."""
    folder = tmp_path_factory.mktemp("wheel")
    program = f"from flit_core.buildapi import build_wheel; print(build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command ``awaited`` of a fresh environment that has the wheel, and sees the packages that are installed."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = folder / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", "--no-compile", str(wheel)], check=True)
    (packages / "shared.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "bin/awaited"


def test_the_package_depends_on_what_the_tool_needs_and_on_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
        names = [name for name in archive.namelist() if name.endswith(".py") and name not in OF_OUR_SITE]
        needed = set(imported(archive.read(name).decode() for name in names)) - {"awaited"}
    required = {normal(Requirement(text).name) for text in metadata.get_all("Requires-Dist", [])}
    by_name_only = {"pygments"}  # imported ahead of time, by its name
    assert required == needed | by_name_only


def test_everything_that_pages_are_made_of_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("awaited/")}
    listed = subprocess.run(["git", "ls-files", "awaited"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert packed == set(listed.stdout.split())


def test_a_fresh_environment_builds_a_site_of_somebody_else(command: Path, tmp_path: Path) -> None:
    blog = lay_out(tmp_path / "blog")
    before = {file: file.read_bytes() for file in blog.rglob("*") if file.is_file()}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([command, "build"], cwd=blog, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 visible cells make no script" in done.stderr
    assert {file: file.read_bytes() for file in before} == before, "no file of the site's own is changed"
    page = (blog / "_site/posts/post-with-code/index.html").read_text()
    assert all(text in page for text in ("3 rows", "42", "reading.py", "Another Stranger"))
    assert (blog / "_site/posts/post-with-code/clip.mp4").is_file(), "what raw HTML names is published"
    (runs,) = json.loads((blog / "_site/proofs.json").read_text())["scripts"].values()
    assert [run["outcome"] for run in runs["runs"]] == ["same"]
