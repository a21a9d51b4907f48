"""Numbers figures, tables, equations, theorems and the like, and resolves references to them (``@fig-x``, ``@eq-x``).

Quarto does this itself. For smalldocs it is done in the Markdown, with Quarto's words and class names.
"""

from __future__ import annotations

import re
from collections.abc import Callable

KINDS = {
    "fig": "Figure", "tbl": "Table", "eq": "Equation", "lst": "Listing", "sec": "Section",
    "thm": "Theorem", "lem": "Lemma", "cor": "Corollary", "prp": "Proposition", "cnj": "Conjecture",
    "def": "Definition", "exm": "Example", "exr": "Exercise", "sol": "Solution", "rem": "Remark",
    "nte": "Note", "tip": "Tip", "wrn": "Warning", "imp": "Important", "cau": "Caution",
}  # fmt: skip
CALLOUTS = ("nte", "tip", "wrn", "imp", "cau")
STATEMENTS = ("thm", "lem", "cor", "prp", "cnj", "def", "exm", "exr", "sol", "rem")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
IMAGE = re.compile(r"!\[(?P<caption>(?:[^\[\]]|\[[^\]]*\])*)\](?P<rest>\([^)]*\)\{#(?P<id>fig-[\w-]+))")
CAPTION = re.compile(r"^(?P<start>\s*(?:[Tt]able)?:\s+)(?P<caption>.*?)(?P<rest>\s*\{#(?P<id>tbl-[\w-]+)[^}]*\}\s*)$")
TABLE_DIV = re.compile(
    r'^(?P<start>\s*:{3,}\s*\{)#(?P<id>tbl-[\w-]+)(?P<rest>[^}]*?)\s*tbl-cap="(?P<caption>(?:[^"\\]|\\.)*)"'
)
FIGURE_DIV = re.compile(r"^(?P<indent>\s*):{3,}\s*\{#(?P<id>fig-[\w-]+)[^}]*\}\s*$")
EQUATION = re.compile(r"^(?P<indent>\s*)(?P<latex>.*?)\$\$\s*\{#(?P<id>eq-[\w-]+)[^}]*\}\s*$")
LISTING = re.compile(r"^\s*`{3,}\s*\{.*?#(?P<id>lst-[\w-]+)")
LISTING_CAPTION = re.compile(r'\blst-cap="(?P<caption>[^"]*)"')
SECTION = re.compile(r"^(?P<signs>#{1,6})\s+(?P<title>.*?)\s*(?:\{(?P<attributes>[^{}]*)\})?\s*$")
SECTION_ID = re.compile(r"#(?P<id>sec-[\w-]+)")
NUMBERED_DIV = re.compile(
    rf"^(?P<indent>\s*):{{3,}}\s*\{{#(?P<id>(?:{'|'.join((*STATEMENTS, *CALLOUTS))})-[\w-]+)(?P<rest>[^}}]*)\}}\s*$"
)
DIV_LINE = re.compile(r"^\s*:{3,}\s*(?P<attributes>.*)$")
NO_CAPTION = re.compile(r"\s*(?:!\[|\||[`~:]{3})")
REFERENCE = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|(?<![\w@.])(?P<open>\[)?(?P<bare>-?)@(?P<id>(?:" + "|".join(KINDS) + r")-[\w-]*\w)(?(open)\])"
)


def resolve(markdown: str, warn: Callable[[str], None], *, numbers_sections: bool = False) -> str:
    """A page's Markdown with its figures, tables and so on numbered in order, and the references to them as links.

    ``warn`` is told of each reference to something that the page does not have; it stays as it is written. Where
    sections have no numbers, a reference to one is its title, as in Quarto.
    """
    lines = markdown.split("\n")
    prose = _is_prose(lines)
    numbers = _numbers(lines, prose) | _sections(lines, prose, numbers_sections)
    lines = _stated(_numbered_listings(_numbered_equations(lines, prose, numbers), numbers), numbers)
    prose = _is_prose(lines)
    lines = _captioned_tables(lines, prose, numbers)
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
    in_prose = (IMAGE, CAPTION, TABLE_DIV, FIGURE_DIV, EQUATION, NUMBERED_DIV)
    for line, is_prose in zip(lines, prose, strict=True):
        for pattern in in_prose if is_prose else (LISTING,):
            for match in pattern.finditer(line):
                kind = match["id"].partition("-")[0]
                counts[kind] += 1
                numbers[match["id"]] = f"{KINDS[kind]}\N{NO-BREAK SPACE}{counts[kind]}"
    return numbers


def _sections(lines: list[str], prose: list[bool], are_numbered: bool) -> dict[str, str]:
    """The name of each labelled section: its number, as Pandoc counts, or its title."""
    counts, names = [0] * 6, dict[str, str]()
    headings = [SECTION.match(line) if is_prose else None for line, is_prose in zip(lines, prose, strict=True)]
    top = min((len(heading["signs"]) for heading in headings if heading), default=1)
    for heading in filter(None, headings):
        level, attributes = len(heading["signs"]), heading["attributes"] or ""
        if ".unnumbered" not in attributes and attributes.strip() != "-":
            counts[level - 1] += 1
            counts[level:] = [0] * (6 - level)
        if label := SECTION_ID.search(attributes):
            number = ".".join(str(count) for count in counts[top - 1 : level])
            names[label["id"]] = f"{KINDS['sec']}\N{NO-BREAK SPACE}{number}" if are_numbered else heading["title"]
    return names


def _numbered_equations(lines: list[str], prose: list[bool], numbers: dict[str, str]) -> list[str]:
    """Labelled formulas, each with its number in LaTeX's ``\\tag``, in a div that bears the label."""
    lines = list(lines)
    for last in reversed(range(len(lines))):
        match = EQUATION.match(lines[last]) if "{#eq-" in lines[last] and prose[last] else None
        if match is None:
            continue
        tag = rf"\tag{{{_number(numbers[match['id']])}}}"
        is_whole = match["latex"].lstrip().startswith("$$")
        first = last if is_whole else next((n for n in reversed(range(last)) if "$$" in lines[n]), last)
        lines[last] = f"{match['indent']}{match['latex'].rstrip()} {tag}$$"
        indent = match["indent"]
        lines[last + 1 : last + 1] = ["", f"{indent}:::", ""]
        lines[first:first] = ["", f"{indent}::: {{#{match['id']} .equation}}", ""]
    return lines


def _number(name: str) -> str:
    return name.rpartition("\N{NO-BREAK SPACE}")[2]


def _numbered_listings(lines: list[str], numbers: dict[str, str]) -> list[str]:
    """Labelled code blocks, each with its caption above it."""
    out: list[str] = []
    for line in lines:
        match = LISTING.match(line)
        if match and match["id"] in numbers and (caption := LISTING_CAPTION.search(line)):
            out += ["", f"[{numbers[match['id']]}: {caption['caption']}]{{.listing-caption}}", ""]
        out.append(line)
    return out


def _stated(lines: list[str], numbers: dict[str, str]) -> list[str]:
    """Theorems and their like, each with its number and its name before what it states."""
    out: list[str] = []
    begins = ""  # what the next line of text is to begin with
    for line in lines:
        div = NUMBERED_DIV.match(line)
        heading = SECTION.match(line) if begins and line.strip() else None
        if begins and line.strip():
            named = heading["title"] if heading else ""
            out += [f"{begins}{f' ({named})' * bool(named)}]{{.theorem-title}}", ""]
            begins = ""
            if heading:
                continue
        out.append(line)
        if div and div["id"].partition("-")[0] in STATEMENTS:
            name = re.search(r'name="([^"]*)"', div["rest"])
            begins = f"{div['indent']}[**{numbers[div['id']]}**{f' ({name[1]})' if name else ''}"
    return out


def _captioned_tables(lines: list[str], prose: list[bool], numbers: dict[str, str]) -> list[str]:
    """Cells whose option ``tbl-cap`` titles the table they print: the caption goes under the table, as text.

    Where they display none in Markdown, it goes to the end of the cell.
    """
    out: list[str] = []
    waiting: tuple[str, str] | None = None  # a caption and its id, until its table has ended
    in_table, depth = False, 0
    for line, is_prose in zip(lines, prose, strict=True):
        if is_prose and (match := TABLE_DIV.match(line)):
            waiting = match["caption"].replace('\\"', '"'), match["id"]
            line, depth = TABLE_DIV.sub(r"\g<start>#cell-\g<id>\g<rest>", line), 0
        if waiting and is_prose and (fence := DIV_LINE.match(line)):
            depth += 1 if fence["attributes"].strip(": ") else -1
            if depth == 0:
                out += ["", f"[{numbers[waiting[1]]}: {waiting[0]}]{{#{waiting[1]} .quarto-float-caption}}", ""]
                waiting = None
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
            warn(match["id"])
            return match[0]
        name = numbers[match["id"]]
        text = name.rpartition("\N{NO-BREAK SPACE}")[2] if match["bare"] else name
        return f"[{text}](#{match['id']}){{.quarto-xref}}"

    return REFERENCE.sub(link, line)
