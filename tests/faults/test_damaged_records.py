"""A frozen result that cannot be trusted is made anew, whatever is wrong with it."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from awaited.__main__ import main
from awaited.memory import freezer, results
from awaited.prove import record
from awaited.read.project import Project
from tests.faults.injection import build, contents, left_processes

PAGE = """\
---
title: Kinds
---

```{python}
#| label: kinds
from IPython.display import SVG

print("out")
SVG("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'/>")
```
"""
WHEN = re.compile(rb"\d{4}-\d\d-\d\dT[\d:]+\+00:00|\d+ [A-Z][a-z]+ \d{4}|\"seconds\": [\d.]+|content=\"[\d-]{10}\"")


@pytest.fixture(scope="module")
def project(make_good: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_good(tmp_path_factory.mktemp("records"), {"posts/good.qmd": PAGE})


def timeless(project: Project) -> dict[str, bytes]:
    return {name: WHEN.sub(b"", content) for name, content in contents(project).items()}


def within(data: bytes, *path: Any) -> bytes:
    """Damages a record deep inside: puts a value, the last of the path, in the place that the others lead to."""
    *way, last, value = path
    record = place = json.loads(data)
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps(record).encode()


OUTPUTS = ("awaited", "cells", 0, "outputs")
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "of zeros": lambda data: bytes(len(data)),
    "not UTF-8": lambda data: data.replace(b"out", b"\xff\xfe", 1),
    "no object": lambda data: b"[[]]",
    "nested beyond measure": lambda data: b"[" * 100_000,
    "of an older format": lambda data: within(data, "awaited", "format", results.FORMAT - 1),
    "of a newer format": lambda data: within(data, "awaited", "format", results.FORMAT + 1),
    "written by Quarto": lambda data: within(data, "awaited", None),
    "from another version of the project": lambda data: within(data, "awaited", "inputs", "cells", "0" * 64),
    "from another Python": lambda data: within(data, "awaited", "inputs", "python", "3.8.0"),
    "damaged: a cell is a number": lambda data: within(data, "awaited", "cells", 0, 3),
    "damaged: the outputs are null": lambda data: within(data, *OUTPUTS, None),
    "damaged: an output is a text": lambda data: within(data, *OUTPUTS, 0, "out"),
    "damaged: an output of no kind": lambda data: within(data, *OUTPUTS, 0, {}),
    "damaged: a text is a number": lambda data: within(data, *OUTPUTS, 0, "text", 3),
    "damaged: a picture is a list": lambda data: within(data, *OUTPUTS, 1, "data", "image/svg+xml", [[]]),
    "damaged: the metadata are a list": lambda data: within(data, *OUTPUTS, 1, "metadata", []),
    "damaged: the seconds are none": lambda data: within(data, "awaited", "cells", 0, "seconds", float("nan")),
    "damaged: the time is none": lambda data: within(data, "awaited", "executed", "yesterday"),
    "damaged: a cell is missing": lambda data: within(data, "awaited", "cells", []),
}  # fmt: skip


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(name, marks=pytest.mark.fault(f"a frozen result that is {name}", "its article runs again"))
        for name in DAMAGES
    ],
)
def test_a_damaged_record(project: Project, capfd: pytest.CaptureFixture[str], damage: str) -> None:
    before = timeless(project)
    file = freezer.record_file(project.freezer, Path("posts/good.qmd"))
    damaged = DAMAGES[damage](file.read_bytes())
    assert damaged != file.read_bytes()
    file.write_bytes(damaged)
    assert build(project) == 0
    _, errors = capfd.readouterr()
    assert re.match(r"executing posts/good\.qmd( \(changed: .*\))?\n  posts/good\.qmd: kinds +[\d.]+ s\n$", errors)
    assert timeless(project) == before
    assert left_processes(project) == []


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        pytest.param("markdown", lambda data: within(data, "result", "markdown", "nonsense"),
                     marks=pytest.mark.fault("a frozen page whose Markdown is damaged", "it is written anew")),
        pytest.param("hash", lambda data: within(data, "hash", None),
                     marks=pytest.mark.fault("a frozen page whose hash is damaged", "it is written anew")),
        pytest.param("picture", None,
                     marks=pytest.mark.fault("a frozen picture that is damaged", "it is written anew")),
    ],
)  # fmt: skip
def test_what_follows_from_the_record_is_repaired(
    project: Project, capfd: pytest.CaptureFixture[str], name: str, damage: Callable[[bytes], bytes] | None
) -> None:
    before = contents(project)
    if damage:
        file = freezer.record_file(project.freezer, Path("posts/good.qmd"))
        file.write_bytes(damage(file.read_bytes()))
    else:
        (picture,) = project.freezer.rglob("*.svg")
        picture.write_bytes(b"")
    assert contents(project) != before
    assert build(project) == 0
    assert "no cell had to run" in capfd.readouterr().out
    assert contents(project) == before


@pytest.mark.parametrize("file", ["rendered.json", "completed.json"])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(damage, marks=pytest.mark.fault(f"pages kept for the next build, {name}", "all are made anew"))
        for name, damage in {
            "truncated": lambda data: data[: len(data) // 2],
            "empty": lambda data: b"",
            "changed in one place": lambda data: data.replace(b"Kinds", b"Finds", 1),
            "no JSON": lambda data: b"x" * 65,
        }.items()
    ],
)
def test_damaged_pages_for_the_next_build(project: Project, file: str, damage: Callable[[bytes], bytes]) -> None:
    (project.root / "index.qmd").touch()
    assert build(project) == 0
    before, kept = contents(project), (project.scratch / file).read_bytes()
    assert damage(kept) != kept
    (project.scratch / file).write_bytes(damage(kept))
    (project.root / "index.qmd").touch()
    assert build(project) == 0
    assert contents(project) == before
    assert (project.scratch / file).read_bytes() == kept


@pytest.fixture
def proven(project: Project) -> Iterator[bytes]:
    """The record of a proof, put back afterwards."""
    file = record.record_file(project)
    assert main(["prove", str(project.root)]) == 0
    whole = file.read_bytes()
    yield whole
    file.unlink()
    assert build(project) == 0


def leaves(value: Any, *way: Any) -> Iterator[tuple[Any, ...]]:
    """The ways to all places of a piece of JSON."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield (*way, step)
        yield from leaves(below, *way, step)


@pytest.mark.fault("a record of proofs damaged anywhere", "the site claims no more than what still stands in it")
def test_a_damaged_record_of_proofs(project: Project, proven: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    ways = list(leaves(json.loads(proven)))
    assert len(ways) > 10
    values = (None, 3, "text", [], {}, [[]], {"a": {}})
    damaged = [within(proven, *way, value) for way in ways for value in values]
    for data in (b"", proven[:50], b"[]", b"{}", b"null", *damaged):
        record.record_file(project).write_bytes(data)
        assert read_proofs(project), data
    for data in (b"", proven[:50], damaged[-1]):
        record.record_file(project).write_bytes(data)
        assert build(project) == 0
    assert "Traceback" not in capfd.readouterr().err


def read_proofs(project: Project) -> bool:
    """Whether all that the site makes of the record of proofs can be made."""
    from awaited.finish.frame import Frame
    from awaited.finish.proof_page import proof_page
    from awaited.finish.proofs import publish_proofs
    from awaited.prove.trial import kept
    from awaited.tangle.scripts import tangle_project

    scripts = tangle_project(project)
    proofs = kept(project, scripts)
    publish_proofs(project, project.site, scripts, proofs)
    frame = Frame(project, {PurePosixPath("index.html"): "<main></main>"}, None)
    return bool(proof_page(frame, scripts, proofs, "proofs.json", project.settings))


@pytest.mark.fault(
    "`awaited weave` after an edit", "posts/good.qmd: has changed since its results were frozen; run 'awaited build'"
)
def test_weave_alone_tells_an_older_text(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    before, file = contents(project), project.root / "posts/good.qmd"
    file.write_text(PAGE + "\nMore.\n")
    capfd.readouterr()
    try:
        assert main(["weave", str(project.root), "--engine", "smalldocs"]) == 1
    finally:
        file.write_text(PAGE)
    assert capfd.readouterr().err == (
        "awaited: posts/good.qmd: has changed since its results were frozen; run 'awaited build'\n"
    )
    assert contents(project) == before
    assert main(["weave", str(project.root), "--engine", "smalldocs"]) == 0
    assert contents(project) == before


@pytest.mark.fault(
    "the clock is set back: files and results are of tomorrow",
    "the site is right; what has changed runs, and nothing else",
)
def test_a_clock_set_back(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    record, page = freezer.record_file(project.freezer, Path("posts/good.qmd")), project.root / "posts/good.qmd"
    data = json.loads(record.read_bytes())
    data["awaited"]["executed"] = "2099-01-01T00:00:00+00:00"
    record.write_text(json.dumps(data))
    tomorrow = time.time() + 86400
    for file in project.root.rglob("*"):
        os.utime(file, (tomorrow, tomorrow))
    assert build(project) == 0
    assert "no cell had to run" in capfd.readouterr().out
    page.write_text(PAGE.replace('"out"', '"new"'))
    os.utime(page, (1, 1))
    assert build(project) == 0
    assert "articles executed: 1" in capfd.readouterr().out
    assert "new" in (project.site / "posts/good.html").read_text()
    page.write_text(PAGE)
    assert build(project) == 0
