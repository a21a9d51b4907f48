"""The pages' copies in Markdown, for language models: in words, without markup that only a browser needs."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from awaited.finish.markup import address_of
from awaited.finish.path import places
from awaited.memory.files import write_whole
from awaited.read.articles import Article
from awaited.tangle.scripts import Script

RAW_HTML = re.compile(r"^[ \t]*(`{3,}) ?\{=html\}\n(.*?)\n[ \t]*\1[ \t]*$", re.M | re.S)
SENTENCE = re.compile(r'<span class="timeline-said">(.*?)</span>', re.S)
FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
BOX = re.compile(r"<div\b[^>]*>$")
CLASSES = re.compile(r'\bclass="([^"]*)"')
TITLE = re.compile(r'\btitle="([^"]*)"')
PLACE = "<scripts>"
"""Where the list of all scripts belongs."""
OUTPUTS = {"cell-output-stdout": "Output:", "cell-output-stderr": "Standard error:", "cell-output-error": "Error:"}


def tidy_copies(
    site: Path,
    articles: Mapping[str, Article],
    scripts: Sequence[Script],
    listings: Sequence[PurePosixPath],
    with_scripts: Sequence[PurePosixPath],
) -> None:
    """Tidies every copy, and adds the lists that pages have: of articles (``listings``), of all ``scripts``."""
    for file in site.rglob("*.llms.md"):
        text = in_words(file.read_text(encoding="utf-8"))
        page = PurePosixPath(file.relative_to(site).as_posix().removesuffix(".llms.md") + ".html")
        way = "../" * (len(page.parts) - 1)
        if page in listings:
            text = f"{text.rstrip()}\n\n## Articles\n\n{_list_of_articles(articles, way)}"
        if page in with_scripts:  # smalldocs leaves the place of the list, Quarto nothing
            before, _, after = text.partition(PLACE)
            text = f"{before.rstrip()}\n\n{_list_of_scripts(scripts, way)}{after.lstrip()}"
        write_whole(file, text.encode())


def _list_of_articles(articles: Mapping[str, Article], way: str) -> str:
    order = dict.fromkeys([*places(articles), *articles])
    listed = [(address, articles[address]) for address in order if articles[address].metadata.get("date")]
    return "".join(
        f"- [{article.title}]({way}{article.path.with_suffix('.llms.md').as_posix()}): "
        f"{article.metadata.get('description') or ''}\n"
        for _, article in listed
    )


def _list_of_scripts(scripts: Sequence[Script], way: str) -> str:
    return "".join(
        f"- [{script.path.name}]({way}{script.path.as_posix()}): "
        f"[{script.cell.section or script.article.title}]({way}{address_of(script.article.path)}#{script.cell.label})\n"
        for script in scripts
    )


def in_words(text: str) -> str:
    """Markdown without boxes: a timeline is its sentence, a callout a quotation, an output has its label before it."""
    lines: list[str] = []
    boxes: list[str] = []
    """For each open box what stands before each of its lines."""
    fence = ""
    for line in RAW_HTML.sub(_sentences, text).split("\n"):
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and fence and mark[1].startswith(fence):
            fence = ""
        stripped = line.strip()
        if not fence and BOX.match(stripped):
            boxes.append(_open(stripped, lines, "".join(boxes)))
        elif not fence and stripped == "</div>" and boxes:
            boxes.pop()
        elif fence or stripped or not lines or lines[-1].strip("> "):  # one empty line says as much as two
            lines.append(("".join(boxes) + line).rstrip())
    return "\n".join(lines)


def _open(tag: str, lines: list[str], before: str) -> str:
    """Writes what a box begins with; gives what stands before each of its lines."""
    found = CLASSES.search(tag)
    names = found[1].split() if found else []
    if 'data-broken="true"' in tag:
        lines.append(before + "Broken on purpose:")
    if 'id="scripts"' in tag:
        lines.append(PLACE)
    label = next((OUTPUTS[name] for name in names if name in OUTPUTS), None)
    if label:
        lines.append(before + label)
    kind = next((name.removeprefix("callout-") for name in names if name.startswith("callout-")), None)
    if kind is None:
        return ""
    title = TITLE.search(tag)
    named = f": {html.unescape(title[1])}" if title else ""
    lines.append(f"{before}> **{kind.capitalize()}{named}**")
    return "> "


def _sentences(match: re.Match[str]) -> str:
    markup = match[2]
    if 'class="timeline"' in markup:
        return "\n\n".join(html.unescape(re.sub("<[^>]*>", "", said)) for said in SENTENCE.findall(markup))
    return "" if re.fullmatch(r"(?:</?fig(?:ure|caption)\b[^>]*>)+", markup) else match[0]
