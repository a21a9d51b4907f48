"""The controls of the pages: whatever an engine has put there, one markup comes out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from awaited.finish.markup import read
from awaited.finish.site import finish
from awaited.prove.proofs import Proofs
from awaited.read.errors import AwaitedError
from awaited.read.project import Project, load
from awaited.tangle.examples import write
from awaited.tangle.scripts import tangle_project

CONFIG = """project:
  type: website
website:
  title: Trial
  description: A trial
  site-url: https://example.org/blog
format: {html: {theme: {light: default, dark: default}}}
awaited: {links: error}
"""
POST = """---
title: "{title}"
date: {date}
categories: [Python, "C & D"]
description: "About {title}"
---

## First

Some prose here.

```{{python}}
#| label: hello
print("hello")
```
"""
PAGES = Path(__file__).with_name("quarto")
"""A listing and an article in the markup that Quarto gives them."""
QUARTO_INDEX = (PAGES / "listing.html").read_text(encoding="utf-8")
QUARTO_POST = (PAGES / "article.html").read_text(encoding="utf-8")

MakeProject = Callable[..., Project]


@pytest.fixture
def project(make_project: MakeProject, tmp_path: Path) -> Project:
    """A project with two articles, its scripts, and a site as Quarto leaves it."""
    articles = {
        "posts/one/index.qmd": POST.format(title="One", date="2026-01-05"),
        "posts/two/index.qmd": POST.format(title="Two", date="2026-02-05"),
    }
    project = make_project(tmp_path, {"index.qmd": "---\ntitle: Trial\n---\n", **articles}, CONFIG)
    project.scratch.mkdir()
    write(project, tangle_project(project))
    site = project.site
    libraries = site / "site_libs/bootstrap"
    libraries.mkdir(parents=True)
    used = "body{color:var(--bs-ink)}.navbar{x:y}:root{--bs-ink:#000;--bs-idle:#111}"
    unused = ".carousel{x:y}@font-face{font-family:f;src:url(f.woff)}@keyframes spin{to{x:y}}"
    mixed = "@media print{.modal{x:y}.cell{a:b}}"
    (libraries / "bootstrap-1.min.css").write_text(used + unused + mixed)
    for name in (
        "bootstrap/bootstrap-dark-1.min.css",
        "bootstrap/bootstrap-icons.css",
        "quarto-nav/quarto-nav.js",
        "other/keep.js",
    ):
        file = site / "site_libs" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("/* unwanted */")
    (site / "styles.css").write_text("main { color: blue }")
    (site / "index.html").write_text(QUARTO_INDEX, encoding="utf-8")
    (site / "index.xml").write_text("<rss/>")
    for name in ("one", "two"):
        folder = site / "posts" / name
        folder.mkdir(parents=True)
        (folder / "index.html").write_text(QUARTO_POST.format(title=name.title()), encoding="utf-8")
        Image.new("RGB", (30, 20)).save(folder / "dot.png")
        (folder / "dot.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return project


@pytest.fixture
def finished(project: Project) -> Path:
    finish(project, project.read_pages(), project.site, tangle_project(project), Proofs())
    return project.site


def attribute(file: Path, selector: str, name: str) -> str:
    """The value of an attribute of the first element that a selector finds."""
    node = read(file).css_first(selector)
    assert node is not None, f"{file.name} has no {selector}"
    return node.attributes[name] or ""


def test_the_engines_scripts_are_gone_and_others_stay(finished: Path) -> None:
    tree = read(finished / "index.html")
    sources = [script.attributes.get("src") for script in tree.css("script")]
    assert "site_libs/other/keep.js" in sources
    assert not [source for source in sources if source and "quarto" in source]
    assert "window.engine" not in (tree.html or "")
    assert tree.css_first("[onclick]") is None
    assert not (finished / "site_libs/quarto-nav").exists()
    assert (finished / "site_libs/other/keep.js").exists()


def test_no_script_comes_from_afar(finished: Path) -> None:
    scripts = read(finished / "posts/one/index.html").css("script")
    assert [src for script in scripts if (src := script.attributes.get("src")) and "//" in src] == []
    assert not any("jquery" in (script.html or "") for script in scripts)


def test_navigation_has_one_search_and_one_switch(finished: Path) -> None:
    tree = read(finished / "index.html")
    assert len(tree.css("#quarto-header .search")) == len(tree.css(".theme-toggle")) == 1
    assert tree.css_first(".quarto-color-scheme-toggle, .navbar-toggler, #quarto-search, [data-bs-theme]") is None
    assert len(tree.css(".navbar-nav li")) == 1
    assert tree.css_first("html").attributes == {"lang": "en", "data-theme": "system", "data-dark": ""}  # type: ignore[union-attr]


def test_categories_are_buttons_by_their_names(finished: Path) -> None:
    tree = read(finished / "index.html")
    buttons = tree.css(".categories button")
    assert [button.attributes["data-category"] for button in buttons] == ["", "Python"]
    assert tree.css_first("h5") is None


def test_cards_show_what_a_reader_chooses_by(finished: Path) -> None:
    tree = read(finished / "index.html")
    first, second = tree.css(".post-card")
    assert first.css_first("h2 a").attributes["href"] == "posts/two/"  # type: ignore[union-attr]
    assert first.attributes["data-date"] == "2026-02-05"
    assert "5 January 2026 · 1 min · 1 snippet" in second.text()
    assert "About One" in second.text()
    links = [link.attributes["href"] for link in second.css(".listing-categories a")]
    assert links == ["#category=Python", "#category=C & D"]
    assert len(tree.css(".quarto-post")) == 1  # what is no article of ours stays as it is


def test_a_card_shows_the_liveliest_timeline_of_its_article(project: Project) -> None:
    from awaited.timeline import Lane, Run
    from awaited.timeline.drawing.page import figure

    def drawn(*ends: float) -> str:
        return figure([Run("a", [Lane("task", "f", 0.0, ended=end) for end in ends], seconds=2.0)], name=f"{ends}")

    page = project.site / "posts/one/index.html"
    end = f'{drawn(2, 2, 2)}{drawn(1, 2)}{drawn(1, 1, 1)}<div id="scripts"></div></main>'  # it may list scripts, too
    page.write_text(page.read_text().replace("</main>", end))
    finish(project, project.read_pages(), project.site, tangle_project(project), Proofs())
    (picture,) = read(project.site / "index.html").css(".post-card svg")
    assert picture.attributes["class"] == "listing-picture"
    assert len((picture.css_first("path").attributes["d"] or "").split("M")) == 3  # type: ignore[union-attr]
    assert read(page).css_first(".timeline-thumbnail") is None
    assert len(read(page).css(".timeline")) == 3


def test_the_list_of_scripts_stands_where_it_is_asked_for(project: Project) -> None:
    one, two = (project.site / f"posts/{name}/index.html" for name in ("one", "two"))
    one.write_text(one.read_text().replace("</main>", '<div id="scripts"></div></main>'))
    unasked = '<section id="scripts"><h2>Scripts</h2><p>Prose.</p></section><div class="cell" id="scripts">Code</div>'
    two.write_text(two.read_text().replace("</main>", f"{unasked}</main>"))
    finish(project, project.read_pages(), project.site, tangle_project(project), Proofs())
    links = [link.attributes["href"] for link in read(one).css("div#scripts a")]
    assert links[:3] == ["../../examples.zip", "../../posts/one/", "../../examples/one/hello.html"]
    assert "Prose." in read(two).css_first("section#scripts").text()  # type: ignore[union-attr]
    assert "Code" in read(two).css_first("div.cell#scripts").text()  # type: ignore[union-attr]
    assert "posts/two/#scripts" in (project.site / "search.json").read_text()


def test_articles_lead_to_their_neighbours_and_categories(finished: Path) -> None:
    one, two = (read(finished / f"posts/{name}/index.html") for name in ("one", "two"))
    assert [a.attributes["href"] for a in one.css(".page-navigation a")] == ["../../posts/two/"]
    assert [a.attributes["rel"] for a in two.css(".page-navigation a")] == ["prev"]
    links = [a.attributes["href"] for a in one.css(".quarto-category a")]
    assert links == ["../../index.html#category=Python", "../../index.html#category=C%20%26%20D"]


def test_code_has_one_copy_button_and_no_empty_links(finished: Path) -> None:
    tree = read(finished / "posts/one/index.html")
    assert [button.text() for button in tree.css(".cell button")] == ["Copy"]
    assert tree.css_first("pre a") is None
    assert tree.css_first("pre code").text() == 'print("hello")'  # type: ignore[union-attr]
    script = tree.css_first("a[data-script]")
    assert script is not None
    assert script.attributes["href"] == "../../examples/one/hello.html"
    assert (finished / "examples/one/hello.py").is_file()


def test_tables_pictures_and_headings_are_completed(finished: Path) -> None:
    tree = read(finished / "posts/one/index.html")
    box = tree.css_first(".table-box")
    assert box is not None
    assert box.attributes["aria-label"] == "Data"
    png, svg = tree.css("img")
    assert (png.attributes["width"], png.attributes["height"]) == ("30", "20")
    assert "width" not in svg.attributes
    assert tree.css_first("div[alt]") is None
    assert tree.css_first("h2 .anchorjs-link").attributes["href"] == "#first"  # type: ignore[union-attr]
    assert tree.css_first("#TOC > details[open] > summary.side-title#toc-title + ul") is not None
    assert tree.css_first("#toc-first, [data-scroll-target]") is None
    assert tree.css_first("#TOC ul ul").attributes == {}, "Quarto's script would unfold it"  # type: ignore[union-attr]


def test_one_stylesheet_holds_what_is_used_and_no_page_has_inline_styles(finished: Path) -> None:
    (sheet,) = finished.rglob("site.*.css")
    css = sheet.read_text(encoding="utf-8")
    for wanted in ("--bs-ink", ".navbar", "main{color:blue}", "color: red", ".cell"):
        assert wanted.replace(" ", "") in css.replace(" ", "")
    for gone in ("carousel", "font-face", "spin", "--bs-idle", ".modal", "unwanted"):
        assert gone not in css
    for page in finished.rglob("*.html"):
        tree = read(page)
        assert tree.css_first("[style], style") is None
        assert len(tree.css('link[rel="stylesheet"]')) == 1


def test_the_head_names_the_page_and_limits_what_it_loads(finished: Path) -> None:
    page = finished / "posts/one/index.html"
    assert attribute(page, 'link[rel="canonical"]', "href") == "https://example.org/blog/posts/one/"
    assert attribute(page, 'meta[property="og:type"]', "content") == "article"
    policy = attribute(page, "meta[http-equiv]", "content")
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert "unsafe" not in policy
    assert '"datePublished": "2026-01-05"' in page.read_text(encoding="utf-8")


def test_each_article_has_a_card_of_the_right_size(finished: Path) -> None:
    for name in ("one", "two"):
        with Image.open(finished / f"posts/{name}/card.png") as card:
            assert card.size == (1200, 630)
            assert len(card.getcolors(1 << 20) or []) > 10  # something is drawn on it


def test_the_feed_has_the_full_texts_the_newest_first(finished: Path) -> None:
    feed = (finished / "index.xml").read_text(encoding="utf-8")
    assert re.findall(r"<item>\s*<title>(.*?)</title>", feed) == ["Two", "One"]
    assert "Some prose here." in feed
    assert "Copy" not in feed
    assert 'href="https://example.org/blog/index.xml"' in feed
    assert "<pubDate>Mon, 05 Jan 2026 00:00:00 +0000</pubDate>" in feed


def test_search_index_sitemap_and_robots_cover_the_pages(finished: Path) -> None:
    entries = json.loads((finished / "search.json").read_text(encoding="utf-8"))
    assert ["posts/one/#hello", "One", "First", 'print("hello") hello', "hello"] in entries
    assert any(address == "posts/one/#first" and "Some prose" in text for address, _, _, text, _ in entries)
    assert "https://example.org/blog/posts/two/</loc>" in (finished / "sitemap.xml").read_text(encoding="utf-8")
    assert "Sitemap: https://example.org/blog/sitemap.xml" in (finished / "robots.txt").read_text(encoding="utf-8")


def test_the_archive_holds_the_scripts_and_is_the_same_each_time(project: Project) -> None:
    archives = []
    pages = shutil.copytree(project.site, project.root / "kept")
    for _ in range(2):
        shutil.rmtree(project.site)
        shutil.copytree(pages, project.site)
        finish(project, project.read_pages(), project.site, tangle_project(project), Proofs())
        archives.append((project.site / "examples.zip").read_bytes())
    assert archives[0] == archives[1]
    with zipfile.ZipFile(project.site / "examples.zip") as archive:
        assert {"examples/one/hello.py", "examples/two/hello.py", "examples/README.md"} <= set(archive.namelist())


# ---- after plain Quarto


def post_render(project: Project, **environment: str) -> subprocess.CompletedProcess[str]:
    shutil.copytree(Path(__file__).parents[3] / "awaited", project.root / "awaited", dirs_exist_ok=True)
    return subprocess.run(
        [sys.executable, "awaited/post_render.py"],
        cwd=project.root,
        env={**os.environ, "QUARTO_PROJECT_DIR": str(project.root), **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("environment", [{}, {"QUARTO_PROJECT_RENDER_ALL": "1", "AWAITED_BUILD": "1"}])
def test_after_quarto_nothing_is_done_where_nothing_is_to_do(project: Project, environment: dict[str, str]) -> None:
    before = (project.site / "index.html").read_bytes()
    assert post_render(project, **environment).returncode == 0
    assert (project.site / "index.html").read_bytes() == before


def test_after_quarto_the_site_is_finished(project: Project) -> None:
    done = post_render(project, QUARTO_PROJECT_RENDER_ALL="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert read(project.site / "index.html").css_first(".theme-toggle") is not None


def test_after_quarto_a_broken_link_is_said(project: Project) -> None:
    page = project.site / "index.html"
    page.write_text(page.read_text(encoding="utf-8").replace("./index.html", "nowhere.html"), encoding="utf-8")
    done = post_render(project, QUARTO_PROJECT_RENDER_ALL="1")
    assert done.returncode == 1
    assert done.stderr.startswith("awaited: index.qmd: the link 'nowhere.html' leads to no file")


def test_after_quarto_a_missing_package_does_no_harm(project: Project) -> None:
    before = (project.site / "index.html").read_bytes()
    broken = project.root / "broken"
    broken.mkdir()
    (broken / "selectolax.py").write_text("raise ImportError('none here', name='selectolax')")
    done = post_render(project, QUARTO_PROJECT_RENDER_ALL="1", PYTHONPATH=str(broken))
    assert done.returncode == 0
    assert "note: the site stays as Quarto made it, without selectolax" in done.stdout
    assert (project.site / "index.html").read_bytes() == before


def test_a_link_to_no_snippet_names_the_line(project: Project) -> None:
    source = project.root / "posts/one/index.qmd"
    source.write_text(source.read_text(encoding="utf-8") + "\nSee [there](#nope).\n", encoding="utf-8")
    page = project.site / "posts/one/index.html"
    page.write_text(page.read_text(encoding="utf-8").replace("</section>", '<a href="#nope">x</a></section>'))
    changed = load(project.root)
    with pytest.raises(AwaitedError, match=r"posts/one/index.qmd:17: the link '#nope' names no heading or snippet"):
        finish(changed, changed.read_pages(), project.site, tangle_project(changed), Proofs())
