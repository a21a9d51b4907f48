"""One stylesheet: nothing in it but what can apply."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.finish.styles import DRESSED, only_used, undressed
from awaited.read.project import Project

MakeProject = Callable[..., Project]

USED = {"main", "p", ".cell", ".old", "#top", "[hidden]", "a"}


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".cell{a:b}.gone{a:b}", ".cell{a:b;}"),
        (".cell,.gone{a:b}", ".cell{a:b;}"),
        (".cell{a:b;.gone{c:d}&:hover{e:f}}", ".cell{a:b;&:hover{e:f;}}"),
        ("main{*:is(.gone, .lost){a:b}*:is(.gone, p){c:d}}", "main{*:is(.gone, p){c:d;}}"),
        (".cell:not(.gone){a:b}", ".cell:not(.gone){a:b;}"),
        ("main:has(.gone){a:b}", ""),
        ("@media print{.gone{a:b}}", ""),
        ("main{@media print{p{a:b}.gone{c:d}}}", "main{@media print{p{a:b;}}}"),
        ("p{a:b!important}", "p{a:b!important;}"),
        ("@font-face{a:b}@layer x;", ""),
    ],
)
def test_rules_that_cannot_apply_are_left_out_at_any_depth(css: str, kept: str) -> None:
    assert only_used(css, USED).replace("  ", " ") == kept


def test_what_is_dressed_anew_is_left_out() -> None:
    css = "p{a:b}.cell{a:b}.navbar .old{a:b}.old{a:b}.old p{a:b}"
    assert only_used(css, {*USED, ".navbar"}, DRESSED) == ".old{a:b;}.old p{a:b;}"


@pytest.mark.parametrize(
    ("css", "first", "rest"),
    [
        ("p{a:b}.old{a:b}", "p{a:b;}", ".old{a:b;}"),
        ("p,.old,a{a:b}", "p,a{a:b;}", ".old{a:b;}"),
        ("p{a:b;.old{c:d}}", "p{a:b;}", "p{.old{c:d;}}"),
        ("p,.old{a:b;a{c:d}#top{e:f}}", "p{a:b;a{c:d;}}", ".old{a:b;a{c:d;}#top{e:f;}}p{#top{e:f;}}"),
        ("@media print{p{a:b}.old{a:b}}", "@media print{p{a:b;}}", "@media print{.old{a:b;}}"),
        (":root{--a:b;.old{a:b}}", ":root{--a:b;}", ":root{.old{a:b;}}"),
        (".gone{a:b}", "", ""),
    ],
)
def test_each_rule_stands_in_one_of_two_parts(css: str, first: str, rest: str) -> None:
    at_first = USED - {".old", "#top"}
    assert only_used(css, at_first).replace("  ", " ") == first
    assert only_used(css, USED, elsewhere=at_first).replace("  ", " ") == rest


def test_a_class_that_a_project_s_own_stylesheet_speaks_of_says_something(
    make_project: MakeProject, tmp_path: Path
) -> None:
    config = "project: {type: website}\nformat: {html: {css: own.css}}\n"
    for style, said in [
        ("#quarto-header .sidebar{a:b}", "level2"),
        (".sidebar{a:b}", ""),
        ("#quarto-header .level2{a:b}", "sidebar"),
    ]:
        project = make_project(tmp_path, {"index.qmd": "# x", "own.css": style}, config)
        assert [name for name in undressed(project) if name in ("level2", "sidebar")] == said.split()
