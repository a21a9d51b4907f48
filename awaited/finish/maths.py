"""Turns LaTeX on pages into MathML, which browsers draw without a script."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from awaited.finish.losses import loss_of
from awaited.finish.markup import Node, Page, element, set_classes
from awaited.read.articles import Article
from awaited.read.losses import Loss

DELIMITERS = re.compile(r"^\s*\\[(\[](.*)\\[)\]]\s*$", re.S)
DEFINITION = re.compile(
    r"\\(?P<kind>(?:re|provide)?newcommand|DeclareMathOperator)\*?\s*\{?(?P<name>\\[A-Za-z]+)\}?\s*(?P<count>\[\d\])?\s*(?=\{)"
)
KNOWN = {
    **{f"\\{letter}": f"\\newcommand{{\\{letter}}}{{\\mathbb{{{letter}}}}}" for letter in "RNZQC"},
    "\\arg": r"\newcommand{\arg}{\operatorname{arg}}",
}
"""Commands of KaTeX's and MathJax's that latex2mathml does not have."""
TAG = re.compile(r"\\tag\*?\s*\{([^{}]*)\}")
OTHER_NAMES = {
    "aligned": "align*", "alignedat": "align*", "alignat*": "align*", "eqnarray*": "align*", "align": "align*",
    "gathered": "matrix", "gather": "matrix", "gather*": "matrix", "multline": "matrix", "multline*": "matrix",
    "dcases": "cases",
}  # fmt: skip
"""Environments that latex2mathml does not know, and those that come closest."""
UNKNOWN = re.compile(r"<mi>(\\[A-Za-z]+)</mi>")
ADVICE = "write it in other commands, or build with Quarto and 'awaited: controls: false'"


def draw_maths(page: Page, article: Article | None) -> list[Loss]:
    """Puts MathML in the place of each formula; gives those that could not be read, which stay as text."""
    nodes = page.tree.css("span.math")
    return list(_drawn(page, article, nodes)) if nodes else []


def _drawn(page: Page, article: Article | None, nodes: list[Node]) -> Iterator[Loss]:
    from latex2mathml.converter import convert

    commands = dict(KNOWN)
    for node in nodes:
        match = DELIMITERS.match(node.text())
        if not match:
            continue  # drawn already, such as by Quarto with 'html-math-method: plain'
        is_block, (latex, defined) = "display" in (node.attributes.get("class") or ""), _taken_apart(match[1])
        commands |= defined
        if not latex:
            node.decompose()  # it does nothing but define
            continue
        try:
            mathml = convert(_needed(latex, commands) + _readable(latex), display="block" if is_block else "inline")
        except Exception:  # it has errors of its own, and some are others' (IndexError)
            mathml = ""
        unknown = ", ".join(dict.fromkeys(UNKNOWN.findall(mathml)))
        if not mathml or unknown:
            what = f"a formula is shown as text: {unknown or 'its LaTeX'} cannot be drawn here"
            yield loss_of(what, ADVICE, node, page, article, latex.split("\n")[0])
            node.replace_with(element(f'<code class="math">{html.escape(latex)}</code>'))
            continue
        tags = "".join(f'<span class="math-number">({html.escape(tag)})</span>' for tag in TAG.findall(latex))
        node.inner_html = mathml.replace("<mi>&</mi>", "") + tags
        set_classes(node, ["math", "display" if is_block else "inline"])


def _taken_apart(latex: str) -> tuple[str, dict[str, str]]:
    """A formula without the commands that it defines, and these by their names."""
    commands, rest, place = dict[str, str](), "", 0
    while definition := DEFINITION.search(latex, place):
        end = _closing(latex, definition.end())
        body = latex[definition.end() + 1 : end - 1]
        if definition["kind"] == "DeclareMathOperator" and "\\" not in body:
            body = f"\\operatorname{{{body}}}"
        name = definition["name"]
        commands[name] = f"\\newcommand{{{name}}}{definition['count'] or ''}{{{body}}}"
        rest, place = rest + latex[place : definition.start()], end
    rest += latex[place:]
    return re.sub(r"\\usepackage(?:\[[^]]*\])?\{[^}]*\}", "", rest).strip(), commands


def _closing(latex: str, place: int) -> int:
    """The place behind the brace that closes the one at a place."""
    depth = 0
    for end in range(place, len(latex)):
        depth += (latex[end] == "{") - (latex[end] == "}")
        if depth == 0:
            return end + 1
    return len(latex)


def _needed(latex: str, commands: dict[str, str]) -> str:
    """The definitions of the commands that a formula uses, and of those that these use."""
    needed: dict[str, str] = {}
    todo = re.findall(r"\\[A-Za-z]+", latex)
    while todo:
        name = todo.pop()
        if name in commands and name not in needed:
            needed[name] = commands[name]
            todo += re.findall(r"\\[A-Za-z]+", commands[name])
    return "".join(reversed(needed.values()))


def _readable(latex: str) -> str:
    """LaTeX in the words that latex2mathml knows, without numbers and labels."""
    latex = re.sub(r"\\label\s*\{[^{}]*\}|\\(?:no|non)umber\b", "", TAG.sub("", latex))
    latex = re.sub(r"(\\begin\{(?:aligned|gathered)\})\[\w\]|(\\begin\{alignedat\})\{\d+\}", r"\1\2", latex)
    return re.sub(r"\\(begin|end)\{([a-z]+\*?)\}", lambda m: f"\\{m[1]}{{{OTHER_NAMES.get(m[2], m[2])}}}", latex)
