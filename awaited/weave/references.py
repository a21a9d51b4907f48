"""Numbers figures and tables and resolves references to them (``@fig-x``, ``@tbl-x``), where the engine does not.

Quarto does this itself. For smalldocs it is done in the Markdown, with Quarto's words and class names.
"""

from __future__ import annotations

import re
from collections.abc import Callable

KINDS = {"fig": "Figure", "tbl": "Table"}
FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
IMAGE = re.compile(r"!\[(?P<caption>(?:[^\[\]]|\[[^\]]*\])*)\](?P<rest>\([^)]*\)\{#(?P<id>fig-[\w-]+))")
CAPTION = re.compile(r"^(?P<start>\s*(?:[Tt]able)?:\s+)(?P<caption>.*?)(?P<rest>\s*\{#(?P<id>tbl-[\w-]+)[^}]*\}\s*)$")
TABLE_DIV = re.compile(
    r'^(?P<start>\s*:{3,}\s*\{)#(?P<id>tbl-[\w-]+)(?P<rest>[^}]*?)\s*tbl-cap="(?P<caption>(?:[^"\\]|\\.)*)"'
)
FIGURE_DIV = re.compile(r"^(?P<indent>\s*):{3,}\s*\{#(?P<id>fig-[\w-]+)[^}]*\}\s*$")
DIV_LINE = re.compile(r"^\s*:{3,}\s*(?P<attributes>.*)$")
NO_CAPTION = re.compile(r"\s*(?:!\[|\||[`~:]{3})")
REFERENCE = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|(?<![\w@.])(?P<open>\[)?(?P<bare>-?)@(?P<id>(?:fig|tbl)-[\w-]*\w)(?(open)\])"
)


def resolve(markdown: str, warn: Callable[[str], None]) -> str:
    """A page's Markdown with its figures and tables numbered in order, and the references to them as links.

    ``warn`` is told of each reference to something that the page does not have; it stays as it is written.
    """
    lines = markdown.split("\n")
    prose = _is_prose(lines)
    numbers = _numbers(lines, prose)
    lines = _captioned_tables(lines, prose)
    lines = _captioned_figures(lines, numbers)
    prose = _is_prose(lines)
    return "\n".join(
        _with_links(_with_numbers(line, numbers), numbers, warn) if is_prose else line
        for line, is_prose in zip(lines, prose, strict=True)
    )


def _is_prose(lines: list[str]) -> list[bool]:
    found, fence = [], ""
    for line in lines:
        match = FENCE.match(line) if "```" in line or "~~~" in line else None
        opens = match is not None and not fence
        closes = match is not None and bool(fence) and match[1].startswith(fence) and line.strip() == match[1]
        found.append(not fence and not opens)
        fence = match[1] if match and opens else "" if closes else fence
    return found


def _numbers(lines: list[str], prose: list[bool]) -> dict[str, str]:
    """Each labelled figure's and table's name, such as ``Figure 1``, in the order of the page."""
    counts = dict.fromkeys(KINDS, 0)
    numbers: dict[str, str] = {}
    for line, is_prose in zip(lines, prose, strict=True):
        for pattern in (IMAGE, CAPTION, TABLE_DIV, FIGURE_DIV) if is_prose else ():
            for match in pattern.finditer(line):
                kind = match["id"].partition("-")[0]
                counts[kind] += 1
                numbers[match["id"]] = f"{KINDS[kind]}\N{NO-BREAK SPACE}{counts[kind]}"
    return numbers


def _captioned_tables(lines: list[str], prose: list[bool]) -> list[str]:
    """Cells whose option ``tbl-cap`` titles the table they print: the caption goes under the table, as text."""
    out: list[str] = []
    waiting: tuple[str, str] | None = None  # a caption and its id, until its table has ended
    in_table = False
    for line, is_prose in zip(lines, prose, strict=True):
        if is_prose and (match := TABLE_DIV.match(line)):
            waiting = match["caption"].replace('\\"', '"'), match["id"]
            line = TABLE_DIV.sub(r"\g<start>#cell-\g<id>\g<rest>", line)
        is_row = is_prose and line.lstrip().startswith("|")
        if waiting and in_table and not is_row:
            indent = re.match(r"\s*", out[-1])
            out += ["", f"{indent[0] if indent else ''}: {waiting[0]} {{#{waiting[1]}}}", ""]
            waiting = None
        in_table = is_row
        out.append(line)
    return out


def _captioned_figures(lines: list[str], numbers: dict[str, str]) -> list[str]:
    """Divs whose id makes them figures: the last paragraph of such a div is its caption."""
    lines = list(lines)
    for first in reversed(range(len(lines))):  # from the end, so that the places of those before stay what they are
        match = FIGURE_DIV.match(lines[first])
        caption = _last_paragraph(lines, first) if match else None
        if match is None or caption is None:
            continue
        start, end = caption
        lines[start] = f"{match['indent']}{numbers[match['id']]}: {lines[start].strip()}"
        for place, markup in (
            (end, "</figcaption></figure>"),
            (start, '<figcaption class="quarto-float-caption">'),
            (first + 1, '<figure class="quarto-float quarto-float-fig">'),
        ):
            lines[place:place] = ["", *(match["indent"] + line for line in ("```{=html}", markup, "```")), ""]
    return lines


def _last_paragraph(lines: list[str], first: int) -> tuple[int, int] | None:
    """Where the last paragraph of the div that opens at a line begins and ends; None where something else ends it."""
    prose = _is_prose(lines)
    if not prose[first]:
        return None
    depth = 0
    for last in range(first, len(lines)):
        if prose[last] and (fence := DIV_LINE.match(lines[last])):
            depth += 1 if fence["attributes"].strip(": ") else -1
        if depth == 0:
            break
    else:
        return None
    end = last
    while end > first and not lines[end - 1].strip():
        end -= 1
    start = end
    while start - 1 > first and lines[start - 1].strip():
        start -= 1
    is_text = all(prose[line] and not NO_CAPTION.match(lines[line]) for line in range(start, end))
    return (start, end) if start < end and is_text else None


def _with_numbers(line: str, numbers: dict[str, str]) -> str:
    line = IMAGE.sub(lambda m: f"![{numbers[m['id']]}: {m['caption']}]{m['rest']}", line)
    return CAPTION.sub(lambda m: f"{m['start']}{numbers[m['id']]}: {m['caption']}{m['rest']}", line)


def _with_links(line: str, numbers: dict[str, str], warn: Callable[[str], None]) -> str:
    def link(match: re.Match[str]) -> str:
        if match["code"]:
            return match[0]
        if match["id"] not in numbers:
            warn(f"reference to '@{match['id']}', which the page does not have")
            return match[0]
        name = numbers[match["id"]]
        text = name.rpartition("\N{NO-BREAK SPACE}")[2] if match["bare"] else name
        return f"[{text}](#{match['id']}){{.quarto-xref}}"

    return REFERENCE.sub(link, line)
