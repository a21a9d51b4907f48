"""Other tools at the same work: the cells of this site's article, executed, with their outputs on a page.

Each is installed in an environment of its own, below ``.envs/``. They all run the cells in the same kernel, that of
this project's environment, so that only the tools differ.
"""

from __future__ import annotations

import functools
import html
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from awaited.execute.inputs import evaluated
from awaited.memory import freezer
from awaited.read.articles import Article
from awaited.read.metadata import split_front_matter
from awaited.read.project import Project
from awaited.timeline.notebook import LABELS
from awaited.weave.engines import find_quarto
from bench.measure import Cost, FailedError, run
from bench.projects import ROOT

ENVIRONMENTS = ROOT / ".envs"
KERNEL = "bench"
"""The name of the kernel that all of them run the cells in."""


@dataclass(frozen=True)
class Peer:
    """Another tool."""

    name: str
    packages: tuple[str, ...]
    """What to install, with versions; nothing for a tool that is no Python package."""
    commands: tuple[tuple[str, ...], ...]
    """What is run, one after the other, in a folder with the article."""
    page: str
    """The file that then holds the outputs."""
    note: str
    source: str = "index.ipynb"
    """Where the article is to be, as a notebook or as it is written."""
    files: Mapping[str, str] = field(default_factory=dict)
    """What it needs beside the article, by name."""


PEERS = (
    Peer(
        "Sphinx with myst-nb",
        ("sphinx==9.0.4", "myst-nb==1.4.0"),
        (("sphinx-build", "-q", "-b", "html", ".", "_build"),),
        "_build/index.html",
        "keeps results in jupyter-cache",
        files={"conf.py": "extensions = ['myst_nb']\nnb_execution_mode = 'cache'\nnb_execution_timeout = 60\n"},
    ),
    Peer(
        "nbconvert",
        ("nbconvert==7.17.2",),
        (("jupyter-nbconvert", "--log-level=ERROR", "--execute", "--to=html", "--output=page", "index.ipynb"),),
        "page.html",
        "keeps nothing: runs every cell again",
    ),
    Peer(
        "mkdocs with mkdocs-jupyter",
        ("mkdocs==1.6.1", "mkdocs-jupyter==0.26.3"),
        (("mkdocs", "build", "--quiet"),),
        "site/index.html",
        "keeps the pages that it made of notebooks",
        source="docs/index.ipynb",
        files={"mkdocs.yml": "site_name: Bench\nplugins:\n  - mkdocs-jupyter: {execute: true, allow_errors: false}\n"},
    ),
    Peer(
        "jupyter-cache alone",
        ("jupyter-cache==1.0.1",),
        (
            ("jcache", "notebook", "add", "index.ipynb"),
            ("jcache", "project", "execute"),
            ("jcache", "notebook", "merge", "1", "page.ipynb"),
        ),
        "page.ipynb",
        "keeps results; makes no page, but a notebook",
        files={".jupyter_cache/asked": ""},  # it asks whether to make the folder
    ),
    Peer(
        "Quarto",
        (),
        (("quarto", "render"),),
        "_site/index.html",
        "keeps results in its freezer",
        source="index.qmd",
        files={"_quarto.yml": "project:\n  type: website\nexecute:\n  freeze: auto\n"},
    ),
)


class MissingError(Exception):
    """A peer cannot be had, or does other work than it should; the message says why."""


def measure_peer(peer: Peer, article: Article, lines: Sequence[str], folder: Path) -> tuple[Cost, Cost]:
    """What a peer takes from nothing, and when nothing has changed; raises MissingError where it cannot be measured.

    ``lines`` are to stand on its page.
    """
    programs = _install(peer)
    for name, text in {peer.source: _source(peer, article), **peer.files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    environment = _environment(article)
    costs = []
    for _ in ("cold", "no change"):
        try:
            steps = [run([programs / command[0], *command[1:]], folder, environment) for command in peer.commands]
        except FailedError as error:
            raise MissingError(str(error)) from None
        costs.append(functools.reduce(Cost.__add__, steps))
        shown = _text(folder / peer.page)
        if missing := [line for line in lines if line not in shown]:
            raise MissingError(f"its page lacks {len(missing)} of {len(lines)} lines, such as {missing[0]!r}")
    return costs[0], costs[1]


def printed(project: Project, article: Article) -> list[str]:
    """What the article's cells print, line by line, without what differs from run to run."""
    frozen = freezer.read(project.freezer, article.path)
    assert frozen is not None
    texts = ["".join(output["text"]) for result in frozen.results for output in result.outputs if "text" in output]
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return [line for line in lines if line and not re.search(r"\d\.\d", line)]


def version(peer: Peer) -> str:
    """The versions of what was installed for a peer."""
    return ", ".join(package.replace("==", " ") for package in peer.packages)


def _install(peer: Peer) -> Path:
    """The folder of a peer's programs."""
    if not peer.packages:
        quarto = find_quarto()
        if quarto is None:
            raise MissingError("not installed on this machine")
        return Path(quarto).parent
    environment = ENVIRONMENTS / f"bench-{peer.packages[-1].replace('==', '-')}"
    if not (environment / "ready").is_file():
        pip = [str(environment / "bin/python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
        for command in ([sys.executable, "-m", "venv", "--clear", str(environment)], [*pip, "install", *peer.packages]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise MissingError(f"could not be installed: {done.stderr.strip().splitlines()[-1]}")
        (environment / "ready").touch()
    return environment / "bin"


def _environment(article: Article) -> dict[str, str]:
    """Has every peer run the cells in the kernel of this environment, which knows their labels, as in our own runs."""
    kernel = ENVIRONMENTS / f"bench-kernel/kernels/{KERNEL}/kernel.json"
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel.parent.mkdir(parents=True, exist_ok=True)
    kernel.write_text(json.dumps({"argv": argv, "display_name": KERNEL, "language": "python"}))
    labels = json.dumps([cell.label for cell in evaluated(article)])
    return {"JUPYTER_PATH": str(kernel.parents[2]), "QUARTO_PYTHON": sys.executable, LABELS: labels}


def _source(peer: Peer, article: Article) -> str:
    return article.text if peer.source.endswith(".qmd") else _notebook(article)


def _notebook(article: Article) -> str:
    """An article as a notebook (nbformat 4.5): its prose and its cells in their order."""
    lines = article.text.split("\n")
    _, position = split_front_matter(article.text, article.path)
    cells: list[dict[str, object]] = []

    def add(kind: str, source: str, **more: object) -> None:
        cells.append({"id": f"cell-{len(cells)}", "cell_type": kind, "metadata": {}, "source": source, **more})

    for cell in article.cells:
        add("markdown", "\n".join(lines[position : cell.line - 1]))
        add("code", cell.code, outputs=[], execution_count=None)
        position = cell.end_line
    add("markdown", "\n".join(lines[position:]))
    kernel = {"name": KERNEL, "display_name": KERNEL, "language": "python"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells})


def _text(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        outputs = [output for cell in json.loads(text)["cells"] for output in cell.get("outputs", ())]
        return "".join("".join(output.get("text", ())) for output in outputs)
    return html.unescape(re.sub(r"<[^>]*>", "", text))
