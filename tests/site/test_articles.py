"""The built pages hold what the articles say and what their cells printed: every page and every cell, none left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from awaited.finish.repository import repository
from awaited.memory import freezer, plain_text
from awaited.read.articles import Article
from awaited.read.cells import Cell
from awaited.read.metadata import split_front_matter
from tests.own import ARTICLES, PROJECT

PAGES = [PROJECT.read(page) for page in PROJECT.pages()]
CELLS = [(article, cell) for article in ARTICLES for cell in article.cells]
FENCE = re.compile(r"\s*(`{3,}|~{3,})")
TYPOGRAPHY = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2026": "..."})

every_page = pytest.mark.parametrize("article", PAGES, ids=lambda article: article.path.as_posix())


def every_cell(*, visible: bool) -> pytest.MarkDecorator:
    chosen = [(article, cell) for article, cell in CELLS if cell.is_visible is visible and cell.code]
    return pytest.mark.parametrize(
        ("article", "cell"), chosen, ids=[f"{article.slug}-{cell.name}" for article, cell in chosen]
    )


def page(site: Path, article: Article) -> LexborNode:
    """The content of an article's page: all between navigation and footer."""
    main = LexborHTMLParser((site / article.path.with_suffix(".html")).read_text(encoding="utf-8")).css_first("main")
    assert main is not None
    return main


def body(site: Path, article: Article) -> LexborNode:
    """The content without its title block, and without what only serves to get about."""
    main = page(site, article)
    for node in main.css("#title-block-header, .anchorjs-link, .cell-script, button"):
        node.decompose()
    return main


def words(text: str) -> str:
    """A text without what engines may set as they like: white space, and the form of quotes and dots."""
    return " ".join(text.translate(TYPOGRAPHY).split())


def prose(article: Article) -> Iterator[str]:
    """An article's lines without its front matter, its cells, its other code, and what needs a published source."""
    _, header = split_front_matter(article.text, article.path)
    in_cells = {number for cell in article.cells for number in range(cell.line, cell.end_line + 1)}
    fence, depth = "", 0
    for number, line in enumerate(article.text.split("\n"), 1):
        match = FENCE.match(line)
        if number <= header or number in in_cells:
            continue
        if line.startswith(":::") and (depth or ".with-source" in line) and not repository(PROJECT):
            depth += 1 if line.strip(": ") else -1
            continue
        if depth:
            continue
        if match and not fence:
            fence = match[1]
        elif match and match[1].startswith(fence):
            fence = ""
        elif not fence:
            yield line


def plain(markdown: str) -> str:
    """The text of one line of Markdown."""
    without_links = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    without_marks = re.sub(r"`([^`]*)`|\*|\s*\{[^}]*\}\s*$", lambda match: match[1] or "", without_links)
    return words(without_marks.replace("\\|", "|"))


def outputs(article: Article, cell: Cell, name: str) -> list[str]:
    """What a cell wrote to a stream when it ran, as the freezer keeps it."""
    frozen = freezer.read(PROJECT.freezer, article.path)
    assert frozen is not None
    found = frozen.by_number.get(cell.number)
    streams = [output for output in found.outputs if output.get("name") == name] if found else []
    return [plain_text.plain("".join(output["text"])).rstrip("\n") for output in streams]


def test_there_is_something_to_test() -> None:
    assert ARTICLES
    assert any(cell.is_visible for _, cell in CELLS)
    assert any(not cell.is_visible for _, cell in CELLS)


@every_page
def test_every_heading_of_the_source_is_on_the_page_in_order(site: Path, article: Article) -> None:
    in_source = [plain(match[1]) for line in prose(article) if (match := re.match(r"#{1,6}\s+(.*)", line))]
    on_page = [words(node.text()) for node in body(site, article).css("h1, h2, h3, h4, h5, h6")]
    assert [heading for heading in on_page if heading in in_source] == in_source


@every_page
def test_every_line_of_a_list_and_every_paragraph_is_on_the_page(site: Path, article: Article) -> None:
    text = words(body(site, article).text())
    for line in prose(article):
        if re.match(r"\s*([-*]\s+)?[A-Z`\[]", line) and "@" not in line:
            assert plain(re.sub(r"^\s*[-*]\s+", "", line)) in text


@every_page
def test_every_table_has_its_rows(site: Path, article: Article) -> None:
    in_source = [
        [plain(text) for text in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        for line in prose(article)
        if line.lstrip().startswith("|") and not re.fullmatch(r"[\s|:-]+", line)
    ]
    on_page = [[words(node.text()) for node in row.css("th, td")] for row in body(site, article).css("table tr")]
    assert [row for row in on_page if row in in_source] == in_source


@every_page
def test_the_front_matter_is_no_text_on_the_page(site: Path, article: Article) -> None:
    _, header = split_front_matter(article.text, article.path)
    main = body(site, article)
    for node in main.css(".quarto-listing, #articles"):
        node.decompose()
    text = words(main.text())
    for line in article.text.split("\n")[1 : header - 1]:
        assert words(line) not in text
    for value in article.front_matter.values():
        if isinstance(value, str) and " " in value:
            assert words(value) not in text


@every_page
def test_no_markup_is_left_raw(site: Path, article: Article) -> None:
    main = body(site, article)
    for node in main.css("pre, code, script"):
        node.decompose()
    for raw in ("{python}", "#|", ":::", "@fig-", "@tbl-", "@sec-", "```", "{#", "{.", "](", "**", "<!--"):
        assert raw not in main.text()
    assert not re.search(r"^\s*(---|[-*] )", main.text(), re.MULTILINE)


@every_cell(visible=True)
def test_every_visible_cell_is_on_the_page_once_with_its_output_under_it(
    site: Path, article: Article, cell: Cell
) -> None:
    main = page(site, article)
    codes = [code.text().rstrip("\n") for code in main.css("pre code")]
    assert codes.count(cell.code) == 1
    boxes = main.css(f'div.cell[id="{cell.label}"], div.cell[id="cell-{cell.label}"]')
    assert len(boxes) == 1
    parts = [(owner(code, boxes[0]), code.text().rstrip("\n")) for code in boxes[0].css("pre code")]
    assert parts[0] == ("", cell.code)
    if cell.setting("output") is True:
        for name in ("stdout", "stderr"):
            hidden = name == "stderr" and not cell.setting("warning")
            expected = [] if hidden else outputs(article, cell, name)
            assert [text for kind, text in parts[1:] if kind == name] == expected


def owner(node: LexborNode, box: LexborNode) -> str:
    """The stream whose output a code element shows; nothing where it shows a cell's code."""
    parent = node.parent
    while parent is not None and parent.attributes.get("id") != box.attributes.get("id"):
        match = re.search(r"cell-output-(\w+)", parent.attributes.get("class") or "")
        if match:
            return match[1]
        parent = parent.parent
    return ""


@every_page
def test_cells_are_on_the_page_in_their_order(site: Path, article: Article) -> None:
    labels = [cell.label for cell in article.cells if cell.is_visible and cell.label]
    ids = {f"{start}{label}": label for label in labels for start in ("", "cell-")}
    found = [node.attributes.get("id") or "" for node in page(site, article).css("div.cell")]
    assert [ids[name] for name in found if name in ids] == labels


@every_cell(visible=False)
def test_the_code_of_hidden_cells_is_nowhere(site: Path, article: Article, cell: Cell) -> None:
    prose = article.with_cells({other.number: other.code * other.is_visible for other in article.cells})
    lines = [line.strip() for line in cell.code.split("\n") if len(line.strip()) > 8 and line.strip() not in prose]
    assert lines
    for file in site.glob(f"{article.path.with_suffix('').as_posix()}.*"):
        text = file.read_text(encoding="utf-8")
        found = LexborHTMLParser(text).text() if file.suffix == ".html" else text
        for line in lines:
            assert line not in found, file


def test_every_page_of_the_source_is_on_the_site(site: Path) -> None:
    assert [a.path for a in PAGES if not (site / a.path.with_suffix(".html")).is_file()] == []


def test_the_home_page_lists_every_article(site: Path) -> None:
    home = LexborHTMLParser((site / "index.html").read_text(encoding="utf-8"))
    links = {urljoin("/index.html", node.attributes["href"] or "") for node in home.css("main a[href]")}
    for article in [article for article in ARTICLES if article.metadata.get("date")]:
        address = "/" + article.path.with_suffix(".html").as_posix()
        assert links & {address, address.removesuffix("index.html")}
        assert words(article.title) in words(home.text())
        assert words(str(article.front_matter["description"])) in words(home.text())


@every_page
def test_all_links_lead_somewhere(site: Path, article: Article) -> None:
    path = "/" + article.path.with_suffix(".html").as_posix()
    tree = LexborHTMLParser((site / path[1:]).read_text(encoding="utf-8"))
    targets = [node.attributes[name] or "" for name in ("href", "src") for node in tree.css(f"[{name}]")]
    own = [urlsplit(urljoin(path, target)) for target in targets if not re.match(r"[a-z]+:|//", target)]
    assert own
    for link in own:
        file = site / unquote(link.path).lstrip("/")
        file = file / "index.html" if file.is_dir() else file
        assert file.is_file(), link
        if link.fragment and "=" not in link.fragment:
            anchors = LexborHTMLParser(file.read_text(encoding="utf-8")).css("[id]")
            assert unquote(link.fragment) in {node.attributes["id"] for node in anchors}, link


@every_page
def test_no_id_stands_twice(site: Path, article: Article) -> None:
    tree = LexborHTMLParser((site / article.path.with_suffix(".html")).read_text(encoding="utf-8"))
    ids: list[Any] = [node.attributes["id"] for node in tree.css("[id]")]
    assert sorted({name for name in ids if ids.count(name) > 1}) == []
