"""Formulas become MathML, with the commands that their page defines; what cannot be drawn stays and is named."""

from __future__ import annotations

import html
from pathlib import PurePosixPath

import pytest

from awaited.finish.markup import Page, Tree
from awaited.finish.maths import draw_maths
from awaited.read.losses import Loss


def drawn(*formulas: str, kind: str = "inline") -> tuple[Page, list[Loss]]:
    opening, closing = ("\\[", "\\]") if kind == "display" else ("\\(", "\\)")
    spans = (f'<span class="math {kind}">{opening}{html.escape(latex)}{closing}</span>' for latex in formulas)
    page = Page(PurePosixPath("a.html"), Tree(f"<main><p>{' '.join(spans)}</p></main>"))
    return page, draw_maths(page, None)


@pytest.mark.parametrize(
    "latex",
    [
        "x^2",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\begin{aligned}[t] a &= b \end{aligned}",
        r"\begin{gathered} a \\ b \end{gathered}",
        r"\operatorname{Var}(X) < \infty",
        r"\argmin_{x \in \R} \lVert x \rVert \label{eq}",
        r"\newcommand{\E}[1]{\mathbb{E}\left[#1\right]} \E{X}",
        r"\DeclareMathOperator*{\best}{arg\,max} \best f",
    ],
)
def test_a_formula_is_drawn(latex: str) -> None:
    page, losses = drawn(latex)
    assert losses == []
    assert len(page.tree.css("math")) == 1
    assert "\\" not in page.tree.css_first("p").text()


def test_a_command_holds_for_the_formulas_behind_it_and_its_definition_shows_nothing() -> None:
    page, losses = drawn(r"\newcommand{\vx}{\mathbf{x}}", r"\vx + \vx")
    assert losses == []
    assert [node.text() for node in page.tree.css("math")] == ["\U0001d431+\U0001d431"]
    assert len(page.tree.css("span.math")) == 1


def test_a_number_stands_beside_its_formula() -> None:
    page, _ = drawn(r"x = 1 \tag{3}", kind="display")
    assert page.tree.css_first("math").attributes["display"] == "block"
    assert page.tree.css_first(".math-number").text() == "(3)"


@pytest.mark.parametrize(
    ("latex", "named"), [(r"\nosuch{x}", r"\nosuch"), ("x^{", "its LaTeX"), (r"\left( x", "its LaTeX")]
)
def test_what_cannot_be_drawn_stays_as_text_and_is_named(latex: str, named: str) -> None:
    page, losses = drawn(latex)
    assert page.tree.css_first("code.math").text() == latex
    assert [what for what, _, _ in losses] == [f"a formula is shown as text: {named} cannot be drawn here"]


def test_what_is_drawn_already_stays() -> None:
    page = Page(PurePosixPath("a.html"), Tree('<p><span class="math inline"><em>x</em></span></p>'))
    assert draw_maths(page, None) == []
    assert page.tree.css_first("em") is not None
