"""Finds what the embedded engine leaves out of a page that Quarto would show, so that a build can name it.

What it does instead is in the table of features (``_features.qmd``); a test tries each row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from awaited.read.articles import Article
from awaited.read.includes import FENCE
from awaited.read.losses import Loss, loss_at
from awaited.read.metadata import line_of, split_front_matter
from awaited.read.project import Project

QUARTO = "build with Quarto for that"
LANGUAGE = re.compile(r"^\s*(?:`{3,}|~{3,})\s*\{(?P<language>[a-z]\w*)(?:[ ,][^}]*)?\}\s*$")
DIAGRAMS = ("mermaid", "dot")
SHORTCODE = re.compile(r"(?<![\\{])\{\{<\s*(?P<name>[\w-]+)[^>]*>\}\}(?!\})")
KNOWN_SHORTCODES = {"include", "meta", "var", "env", "pagebreak", "kbd", "video", "lipsum", "placeholder"}
ANNOTATION = re.compile(r"#\s*<\d+>\s*$")
CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
PROSE: Mapping[str, re.Pattern[str]] = {
    "a grid table is shown as text": re.compile(r"^\s*\+(?:[-=:]{3,}\+)+\s*$"),
    "a table without bars is shown as text": re.compile(r"^\s*-{2,}(?:\s+-{2,})+\s*$"),
    "a numbered example is shown as text": re.compile(r"^\s*\(@[\w-]*\)\s"),
    "a line block is shown as text": re.compile(r"^\|\s[^|]*$"),
}
"""Lines of Pandoc's Markdown that the engine reads otherwise, by what becomes of them."""
TABLES = "write it with bars (a pipe table), or build with Quarto"
KEPT = re.compile(
    r"runs no code|broken link|left as it is$|^unknown key (?:awaited|profile|author|date|subtitle|params)\b"
)
"""Notes of the engine that call for nothing: another step of a build sees to it."""
NOTE = re.compile(
    r"^(?:(?P<file>[^:]+?\.(?:qmd|md|ipynb|yml)(?: format\.[\w-]+)?): )?(?:unknown key )?(?P<key>[\w.\[\]-]+)"
    r"(?: is not read by smalldocs| is ignored|$)"
)
HANDLED = {
    *("aliases", "resources", "about", "lightbox", "bibliography", "canonical-url", "html-math-method", "repo-actions"),
    *(
        "respect-user-color-scheme",
        "fig-width",
        "fig-height",
        "fig-dpi",
        "fig-format",
        "fig-responsive",
        "dpi",
        "editor",
    ),
    *("editor", "keep-md", "keep-ipynb", "keep-hidden", "debug", "verbosity", "trace", "log-file", "daemon"),
    *("quarto-required", "fail-if-warnings", "ipynb", "author-meta", "date-meta", "description-meta", "ascii", "doi"),
    *("image-width", "image-height", "image-lazy-loading", "section-divs", "citeproc", "link-citations", "to", "dir"),
}
"""Keys that this tool reads itself, or that change nothing a reader would miss."""
ADVICE = {
    "filters": "Lua filters run in Quarto alone",
    "template": "its items are listed as 'type: default' has them; build with Quarto for the template",
    "theme": "write CSS in 'css:', or build with Quarto",
    "csl": "citations are in Chicago's author-date style; build with Quarto for others",
}


def left_out(page: Article) -> list[Loss]:
    """What the engine leaves out of a page's text."""
    return [loss_at(what, advice, page.path, page.at(line)) for what, advice, line in _found(page)]


def _found(page: Article) -> Iterator[tuple[str, str, int]]:
    header, fence = split_front_matter(page.text, page.path)[1], ""
    for number, line in enumerate(page.text.split("\n"), 1):
        if number <= header:
            continue
        mark = FENCE.match(line)
        if mark and not fence and ("`" not in mark[2] or mark[1][0] == "~"):
            fence = mark[1]
            yield from ((*found, number) for found in _of_language(line))
        elif fence:
            fence = "" if mark and mark[1].startswith(fence) and not mark[2].strip() else fence
            if ANNOTATION.search(line):
                yield "a code annotation stays a comment", QUARTO, number
        elif not line.startswith("    "):
            yield from ((*found, number) for found in _of_prose(line))


def _of_language(line: str) -> Iterator[tuple[str, str]]:
    match = LANGUAGE.match(line)
    if match is None or match["language"] == "python":
        return
    if match["language"] in DIAGRAMS:
        yield f"a diagram in {match['language']} is shown as its text", "display an SVG, or build with Quarto"
    else:
        yield f"a cell in {match['language']} is shown and not run", "write it in Python, or build with Quarto"


def _of_prose(line: str) -> Iterator[tuple[str, str]]:
    for what, pattern in PROSE.items():
        if pattern.match(line):
            yield what, TABLES if "table" in what else QUARTO
    for match in SHORTCODE.finditer(CODE_SPAN.sub("", line)) if "{{<" in line else ():
        if match["name"] not in KNOWN_SHORTCODES:
            yield f"the shortcode '{match['name']}' is printed as it stands", QUARTO


def left_out_options(project: Project, notes: Sequence[str], pages: Sequence[Article]) -> list[Loss]:
    """What the engine says that it has not read, in words, with the place."""
    by_name = {page.path.as_posix(): page for page in pages}
    losses = [_option(project, note, by_name) for note in notes if not KEPT.search(note)]
    return [loss for loss in losses if loss]


def _option(project: Project, note: str, pages: Mapping[str, Article]) -> Loss | None:
    if match := re.match(r"(?:(?P<file>\S+): )?format (?P<name>[\w-]+) is not built", note):
        return _at(project, f"the format {match['name']} is not built", QUARTO, match["name"], match["file"])
    if match := re.match(r"(?P<kind>filter|theme) (?P<name>.+?)(?: is not run)?: ", note):
        advice = ADVICE["filters" if match["kind"] == "filter" else "theme"]
        return _at(project, f"the {match['kind']} '{match['name']}' is left out", advice, match["name"], None)
    if match := NOTE.match(note):
        key, page = match["key"].rpartition(".")[2], pages.get((match["file"] or "").partition(" ")[0])
        if key in HANDLED or (page is not None and page.metadata.get(key) is False):
            return None
        name = re.sub(r"\[\d+\]", "", match["key"])
        return _at(project, f"'{name}' is left out", ADVICE.get(key, QUARTO), key, match["file"])
    about = re.match(r"(?P<file>\S+\.(?:qmd|md|ipynb|yml)): (?P<rest>.*)", note)
    file, rest = (about["file"], about["rest"]) if about else (project.config_file, note)
    return rest.replace("smalldocs", "the embedded engine"), QUARTO, file


def _at(project: Project, what: str, advice: str, key: str, file: str | None) -> Loss:
    """A loss at the line of a file that sets an option, which is the project's unless another is named."""
    name = (file or project.config_file).partition(" ")[0]
    source = project.root / name
    lines = source.read_text(encoding="utf-8", errors="replace").split("\n") if source.is_file() else []
    line = line_of(lines, key, 1) if lines else None
    if line == 1 and lines and key not in lines[0]:
        line = next((number for number, text in enumerate(lines, 1) if key in text), None)
    return loss_at(what, advice, name, line)


def page_options(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration whose page options all stand where the engine reads them: under ``format: html:``."""
    from smalldocs.config import HTML_OPTIONS

    formats = config.get("format")
    formats = {formats: {}} if isinstance(formats, str) else dict(formats) if isinstance(formats, dict) else {}
    moved = {name: config[name] for name in HTML_OPTIONS if name in config and name != "execute"}
    if not moved:
        return dict(config)
    html = formats.get("html")
    formats["html"] = {**moved, **(html if isinstance(html, dict) else {})}
    return {name: value for name, value in config.items() if name not in moved} | {"format": formats}
