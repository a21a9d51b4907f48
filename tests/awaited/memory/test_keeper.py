"""What a build keeps of its pages for the next one changes nothing but how long that takes."""

from __future__ import annotations

import json
import shutil
import struct
import sys
import zlib
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path

import pytest
from smalldocs.site import Site

from awaited.__main__ import main
from awaited.finish import site as site_module
from awaited.finish.complete import complete
from awaited.memory import keeper
from awaited.memory.keeper import Keeper, digest
from awaited.read.project import Project
from tests.faults.injection import contents

pytestmark = pytest.mark.slow

CONFIG = """\
project: {type: website}
website:
  title: Trial
  site-url: https://trial.example
  llms-txt: true
  navbar: {left: [{text: Home, href: index.qmd}]}
format: {html: {toc: true}}
awaited: {links: error}
"""
CELL = "```{python}\n#| label: hello\n#| eval: false\nprint('hello')\n```\n"
ONE = "---\ntitle: One\ndate: 2026-01-05\ncategories: [A]\n---\n\n"
FILES = {
    "index.qmd": "---\ntitle: Home\nlisting: {contents: posts, feed: true}\n---\n\nSee [one](posts/one.qmd#part).\n",
    "posts/one.qmd": f"{ONE}## Part\n\nText.[^note]\n\n{CELL}\n[^note]: More.\n",
    "posts/two.qmd": "---\ntitle: Two\ndate: 2026-01-06\n---\n\nBack to [one](one.qmd), and [more](../more.qmd).\n",
    "posts/three.qmd": "---\ntitle: Three\ndate: 2026-01-07\n---\n\n![A dot](dot.png)\n\n[Home](/index.qmd)\n",
    "more.qmd": "---\ntitle: More\n---\n\n::: {#scripts}\n:::\n\n[Data](data.txt)\n",
    "404.qmd": "Nothing [here](index.qmd).\n",
    "data.txt": "1\n",
}


def png(width: int) -> bytes:
    """A black picture of one line."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0)
    rest = chunk(b"IDAT", zlib.compress(bytes(width + 1))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + rest


def rewrite(file: str, old: str, new: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        text = (root / file).read_text(encoding="utf-8")
        assert old in text
        (root / file).write_text(text.replace(old, new), encoding="utf-8")

    return change


def all_of(*changes: Callable[[Path], object]) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        for one in changes:
            one(root)

    return change


CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing but a time": lambda root: (root / "index.qmd").touch(),
    "the prose of a page": rewrite("posts/one.qmd", "Text.", "Another text."),
    "the note of a page": rewrite("posts/one.qmd", "More.", "More of it."),
    "the title of a page, which its neighbours show": rewrite("posts/two.qmd", "title: Two", "title: Zwei"),
    "the description of a page": rewrite("posts/one.qmd", "title: One", "title: One\ndescription: The first."),
    "a date, and so the order": rewrite("posts/one.qmd", "2026-01-05", "2026-01-09"),
    "a category": rewrite("posts/one.qmd", "[A]", "[A, B]"),
    "the name of a snippet": rewrite("posts/one.qmd", "label: hello", "label: bye"),
    "the code of a snippet": rewrite("posts/one.qmd", "print('hello')", "print('bye')"),
    "a style on one page": rewrite("posts/two.qmd", "Back", "[Far]{style='color: red'} back"),
    "the picture of a page": lambda root: (root / "posts/dot.png").write_bytes(png(7)),
    "a new page": lambda root: (root / "posts/four.qmd").write_text("---\ntitle: Four\ndate: 2026-02-01\n---\n\nNew\n"),
    "a page that is gone": all_of(
        rewrite("posts/two.qmd", ", and [more](../more.qmd)", ""), lambda root: (root / "more.qmd").unlink()
    ),
    "a page at another address": all_of(
        lambda root: (root / "more.qmd").rename(root / "even-more.qmd"),
        rewrite("posts/two.qmd", "more.qmd", "even-more.qmd"),
    ),
    "a page that has become a draft": all_of(
        rewrite("posts/two.qmd", ", and [more](../more.qmd)", ""),
        rewrite("more.qmd", "title: More", "title: More\ndraft: true"),
    ),
    "the settings of a folder": lambda root: (root / "posts/_metadata.yml").write_text("toc: false\n"),
    "the site's title": rewrite("_quarto.yml", "title: Trial", "title: Attempt"),
    "the site's address": rewrite("_quarto.yml", "https://trial.example", "https://other.example/blog"),
    "no copies for language models": rewrite("_quarto.yml", "llms-txt: true", "llms-txt: false"),
    "the navigation": rewrite("_quarto.yml", "href: index.qmd", "href: more.qmd"),
    "no feed": rewrite("index.qmd", ", feed: true", ""),
    "a file that a page links to": lambda root: (root / "data.txt").write_text("2\n"),
}  # fmt: skip


@pytest.fixture(scope="module")
def first(make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Path]:
    """A project with a site, after a second build that took all from what the first one kept; and a copy of it."""
    folder = tmp_path_factory.mktemp("kept")
    project = make_project(folder / "made", FILES, CONFIG)
    (project.root / "posts/dot.png").write_bytes(png(3))
    assert build(project) == 0
    (project.scratch / "last-build.json").unlink()
    assert build(project) == 0
    return project, shutil.copytree(project.root, folder / "copy")


def build(project: Project) -> int:
    return main(["build", str(project.root), "--engine", "smalldocs"])


def forget(project: Project) -> None:
    for name in ("rendered.json", "completed.json"):
        (project.scratch / name).unlink()


@pytest.mark.untraced
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_site_is_the_same_as_one_made_from_nothing(made: Project, change: Callable[[Path], object]) -> None:
    change(made.root)
    assert build(made) == 0
    partly = contents(made)
    forget(made)
    assert main(["weave", str(made.root), "--engine", "smalldocs"]) == 0
    assert partly.keys() == contents(made).keys()
    assert partly == contents(made)


def test_only_what_has_changed_is_made_anew(made: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered, completed = [], []

    def render(site: Site, page: object, really: Callable[..., None] = Site.render_page) -> None:
        rendered.append(str(page.src))  # type: ignore[attr-defined]
        really(site, page)

    def note(path: object, *rest: object) -> object:
        completed.append(str(path))
        return complete(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Site, "render_page", render)
    monkeypatch.setattr(site_module, "complete", note)
    rewrite("posts/one.qmd", "Text.", "Another text.")(made.root)
    assert build(made) == 0
    assert rendered == ["posts/one.qmd"]
    assert completed == ["posts/one.html", "more.html", "index.html"], "the last two list the others"


def test_a_link_that_leads_elsewhere_makes_its_page_anew(made: Project) -> None:
    (made.root / "more.qmd").unlink()
    assert build(made) == 1, "the kept page would have hidden that its link is broken"
    (made.root / "more.md").write_text("More\n")
    assert build(made) == 0


def test_another_version_of_a_package_makes_all_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = keeper.tool.__wrapped__
    (tmp_path / "package-1.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    before = tool()
    assert tool() == before
    (tmp_path / "package-1.0.dist-info").rename(tmp_path / "package-1.1.dist-info")
    assert tool() != before


def test_every_installed_package_counts() -> None:
    found = {name.partition("-")[0].lower().replace(".", "_") for name in keeper.packages()}
    installed = {package.name.lower().replace("-", "_").replace(".", "_") for package in distributions()}
    assert found == installed


def test_what_smalldocs_notes_is_said_again(made: Project, capfd: pytest.CaptureFixture[str]) -> None:
    rewrite("posts/one.qmd", "title: One", "title: One\ncap-location: nowhere")(made.root)
    for _ in range(2):
        (made.scratch / "last-build.json").unlink()
        assert build(made) == 0
        assert "note: posts/one.qmd: cap-location: nowhere" in capfd.readouterr().err


def test_nothing_is_kept_that_is_of_no_use_any_more(made: Project) -> None:
    def sizes() -> list[int]:
        files = made.scratch / "rendered.json", made.scratch / "completed.json"
        return [len(json.loads(file.read_bytes().partition(b"\n")[2])) for file in files]

    before = sizes()
    for number in range(3):
        rewrite("posts/one.qmd", "Text.", f"Text. {number}")(made.root)
        assert build(made) == 0
    assert sizes() == before == [6, 4]


# --- The file ---------------------------------------------------------------------------------------------------------


def test_a_keeper_keeps_what_was_put(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    first = Keeper(file)
    assert first.get("a") is None
    first.put("a", {"text": "ä\ud800"})
    first.put("b", [1, None])
    first.save()
    second = Keeper(file)
    assert (second.get("a"), second.get("b")) == ({"text": "ä\ud800"}, [1, None])
    second.put("b", second.get("b"))
    second.save()
    assert (Keeper(file).get("a"), Keeper(file).get("b")) == (None, [1, None])


def test_a_keeper_that_has_nothing_new_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    first = Keeper(file)
    first.put("a", [1])
    first.save()
    before = file.stat().st_mtime_ns, file.stat().st_ino
    second = Keeper(file)
    second.put("a", second.get("a"))
    second.save()
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == before


def test_a_key_is_that_of_the_parts_and_the_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    assert digest("a", 1) == digest("a", 1) != digest("a", 2)
    before = digest("a")
    monkeypatch.setattr("awaited.memory.keeper.tool", lambda: "another version")
    assert digest("a") != before
