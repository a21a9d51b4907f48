"""Counts the words of a site's prose that its pages do not have."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from awaited.read.articles import Article
from awaited.read.project import Project, load

LEFT_AWAY = (
    re.compile(r"\A---\n.*?\n---\n", re.S),
    re.compile(r"^(`{3,}|~{3,}).*?^\1`*\s*$", re.M | re.S),
    re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.S),
    re.compile(r"\{\{<.*?>\}\}|<!--.*?-->|<[^>]+>|`[^`]*`|\{[^{}]*\}|\]\([^)]*\)|\]\[[^\]]*\]", re.S),
    re.compile(r"^:{3,}.*$|^\[[^\]]+\]:.*$|-?@[\w:.-]+|https?://\S+", re.M),
)
"""What is no prose: headers, code, formulas, shortcodes, markup, attributes, the targets of links, keys."""
WORD = re.compile(r"[^\W\d_]{3,}")


def words(page: Article) -> Iterator[str]:
    """The words of a page's prose, in their order."""
    text = page.text
    for pattern in LEFT_AWAY:
        text = pattern.sub(" ", text)
    return (word.lower() for word in WORD.findall(text))


def lost(project: Project) -> tuple[dict[str, list[str]], int]:
    """The words that each page has lost, and how many there are in all sources."""
    found, count = dict[str, list[str]](), 0
    for page in project.read_pages():
        file = project.site / page.path.with_suffix(".html")
        written = Counter(words(page))
        count += written.total()
        body = LexborHTMLParser(file.read_text(encoding="utf-8")).body if file.is_file() else None
        shown = Counter(WORD.findall(body.text(separator=" ").lower())) if body is not None else Counter[str]()
        if missing := [word for word in written if not shown[word]]:
            found[page.path.as_posix()] = missing
    return found, count


if __name__ == "__main__":
    missing, total = lost(load(Path(sys.argv[1])))
    print(f"{sum(map(len, missing.values()))} of {total} words lost")
    for name, gone in missing.items():
        print(f"{name}: {' '.join(gone[:30])}")
