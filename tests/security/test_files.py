"""Whatever names and links a project and its frozen results hold: what is written stays in its folder."""

from __future__ import annotations

import json
import re
import string
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaited.__main__ import main
from awaited.finish.archive import ARCHIVE, publish_archive
from awaited.finish.scripts import publish_scripts
from awaited.memory import freezer
from awaited.memory.document import FIGURES
from awaited.memory.results import CellResult, Frozen
from awaited.prove.proofs import Proofs
from awaited.read.articles import parse
from awaited.read.cells import LABEL
from awaited.read.errors import AwaitedError
from awaited.read.project import EXAMPLES, Project
from awaited.tangle.scripts import tangle

PNG = "iVBORw0KGgo="
PICTURE = {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": {}}
LABELS = st.from_regex(LABEL, fullmatch=True) | st.sampled_from(
    ["a..", "a.", "con", "nul.py", "fig-..", "a:b", "x" * 100]
)
PARTS = st.text(string.ascii_letters + " .-_~$%&'()\\:é\u202e\N{SNOWMAN}", min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..") and name.strip()
)
PAGES = st.lists(PARTS, min_size=1, max_size=3).map(lambda parts: Path(*parts[:-1], f"{parts[-1]}.qmd"))


@given(LABELS, PAGES)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_names_made_of_labels_and_pages_stay_inside(
    tmp_path_factory: pytest.TempPathFactory, label: str, page: Path
) -> None:
    folder = tmp_path_factory.mktemp("names")
    article = parse(f"```{{python}}\n#| label: {json.dumps(label)}\nx = 1\n```\n", page)
    freezer.write(folder / "freezer", article, b"", Frozen({}, "2026-01-05", "3.14.0", (CellResult(1, 0, (PICTURE,)),)))
    scripts = tangle(article, Project(folder, {}))
    assert all(path.parts[0] == str(EXAMPLES) and len(path.parts) == 3 for path in scripts)
    assert all(path.stem.isidentifier() and path.parent.name.isidentifier() for path in scripts)
    (folder / page).parent.mkdir(parents=True, exist_ok=True)
    (folder / page).touch()
    publish_scripts(folder / "site", scripts.values())
    publish_archive(Project(folder, {}), folder / "site", list(scripts.values()), Proofs())
    freezer.copy_figures(folder / "freezer", page, folder / "stage")
    written = {file.relative_to(folder) for file in folder.rglob("*") if file.is_file()}
    stem = page.with_suffix("")
    (figure,) = {file for file in written if file.suffix == ".png" and file.parts[0] == "freezer"}
    assert figure.parent == Path("freezer") / stem / FIGURES
    assert written == {
        page,
        *(Path("site") / path for path in scripts),
        Path("site") / ARCHIVE,
        Path("freezer") / stem / "execute-results/html.json",
        figure,
        Path("stage") / page.parent / f"{page.stem}_files" / FIGURES / figure.name,
    }
    for name in zipfile.ZipFile(folder / "site" / ARCHIVE).namelist():
        assert not PurePosixPath(name).is_absolute()
        assert ".." not in PurePosixPath(name).parts
        assert "\\" not in name
        assert Path(name) in scripts or re.fullmatch(r"examples/(?:tests/)?[A-Za-z_.]+", name)


@pytest.mark.parametrize("label", ["../x", "a/b", "/etc/x", "a\\b", "..", "a\0", "é", "a b", "a" * 101])
def test_labels_that_are_no_names_are_refused(label: str) -> None:
    with pytest.raises(AwaitedError, match="cannot be used as an id"):
        parse(f"```{{python}}\n#| label: {json.dumps(label)}\nx\n```\n", Path("a.qmd"))


def contents(folder: Path) -> dict[Path, bytes | str]:
    """Every file and link below a folder."""
    found: dict[Path, bytes | str] = {}
    for path in folder.rglob("*"):
        if path.is_symlink():
            found[path] = str(path.readlink())
        elif path.is_file():
            found[path] = path.read_bytes()
    return found


SCRIPT = "---\ntitle: A\n---\n\n```{python}\n#| label: a\nprint(1)\n```\n"


def test_links_and_crafted_results_write_nothing_outside(make_project: Callable[..., Project], tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    for name in ("page.qmd", "folder/page.qmd", "style.css", "secret.txt", "picture.png"):
        (outside / name).parent.mkdir(parents=True, exist_ok=True)
        (outside / name).write_text("A secret.\n")
    project = make_project(tmp_path / "project", {"index.qmd": "Home\n", "posts/a.qmd": SCRIPT})
    for name, target in {"linked.qmd": "page.qmd", "linked": "folder", "style.css": "style.css", "x": "none"}.items():
        (project.root / name).symlink_to(outside / target)
    before = contents(outside)
    assert main(["build", str(project.root), "--engine", "smalldocs"]) == 0
    record = freezer.record_file(project.freezer, Path("posts/a.qmd"))
    crafted = json.loads(record.read_bytes())
    crafted["result"]["supporting"] = ["../../../outside", "/etc", "../../outside/secret.txt"]
    crafted["result"]["markdown"] += (
        "\n![a](../../outside/picture.png) ![b](/../../outside/picture.png) [c](../../outside/secret.txt)\n"
        f"\n![d]({outside}/picture.png)\n"
    )
    record.write_text(json.dumps(crafted))
    assert main(["weave", str(project.root), "--engine", "smalldocs"]) == 1, "its links lead nowhere"
    assert contents(outside) == before
    assert {path.name for path in tmp_path.iterdir()} == {"outside", "project"}
    assert not [path for path in project.site.rglob("*") if path.name in ("secret.txt", "picture.png")]
    assert not [path for path in project.site.rglob("*") if path.is_symlink()]
    assert main(["build", str(project.root), "--engine", "smalldocs"]) == 0, "the next build writes the record anew"
    assert contents(outside) == before
