"""The site's archive passes its own tests where nothing but Python is installed."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from awaited.read.project import load
from awaited.tangle.scripts import tangle_project

ROOT = Path(__file__).parents[2]


def commands(site: Path) -> list[str]:
    """What About tells a reader to run in the unpacked archive."""
    page = LexborHTMLParser((site / "about.html").read_text(encoding="utf-8"))
    assert page.css_first('a[href$="examples.zip"]') is not None
    block = page.css_first("section#check-it-yourself pre code")
    assert block is not None
    return block.text().split("\n")


def test_what_about_tells_a_reader_to_run_passes_in_a_fresh_environment(site: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(site / "examples.zip") as archive:
        archive.extractall(tmp_path)
    for command in commands(site):
        assert re.fullmatch(r"[\w./ -]+", command), command
        words = [sys.executable if word == "python" else word for word in command.split()]
        done = subprocess.run(words, cwd=tmp_path / "examples", capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    scripts = tangle_project(load(ROOT))
    here = ".".join(map(str, sys.version_info[:3]))
    fitting = [script for script in scripts if script.cell.works_on(here) and script.cell.is_printed_by(here)]
    assert f"{len(fitting)} passed" in done.stdout
