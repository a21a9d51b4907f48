"""What a snippet finds defined in an editor is what its article has defined above it, and no more than that."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from awaited.live.snippets import Snippet, snippets
from awaited.read.project import Project
from tests.conftest import MakeProject


def cell(code: str, *options: str) -> str:
    lines = "".join(f"#| {option}\n" for option in options)
    return f"```{{python}}\n{lines}{textwrap.dedent(code).strip()}\n```\n\n"


def found(project: MakeProject, *cells: str, unfit: dict[str, str] | None = None) -> dict[str, Snippet]:
    made = project({"posts/a.qmd": "---\ntitle: A\n---\n\n" + "".join(cells)})
    return snippets(made, made.articles()[0], unfit or {})


def test_a_snippet_finds_what_it_needs_and_what_an_edit_may_want(project: MakeProject) -> None:
    two = found(
        project,
        cell("import asyncio, time as clock\n\n\nasync def fetch(n):  # slowly\n    return n", "label: one"),
        cell("def other():\n    return clock.time()\n\n\nnumber = 1\nprint(number)", "label: two"),
        cell("print(await fetch(number))", "label: three"),
    )["three"]
    assert two.code == "print(await fetch(number))"
    assert two.prelude == textwrap.dedent("""\
        import asyncio
        import time as clock
        async def fetch(n):  # slowly
            return n
        def other():
            return clock.time()
        number = 1""")
    assert (two.program, two.shown, two.why_not) == (False, "", None)


def test_what_it_defines_itself_is_missing_once_it_is_deleted(project: MakeProject) -> None:
    last = found(
        project,
        cell("def f():\n    return 1", "label: one"),
        cell("def f():\n    return 2\n\n\nprint(f())", "label: two"),
    )["two"]
    assert last.prelude == ""


def test_what_rests_on_something_that_acts_is_left_out(project: MakeProject) -> None:
    last = found(
        project,
        cell("import os\n\nkind = type(os.getcwd())\n\n\nclass Kind(kind):\n    pass", "label: one"),
        cell("print(2)", "label: two"),
    )["two"]
    assert last.prelude == "import os"


def test_packages_that_it_does_not_need_are_left_out(project: MakeProject) -> None:
    cells = [
        cell("import yaml\nfrom yaml import safe_load as load", "label: one"),
        cell("print(load('1'))", "label: two"),
    ]
    assert found(project, *cells)["two"].prelude == "from yaml import safe_load as load"


def test_postponed_annotations_stay_so(project: MakeProject) -> None:
    first = cell("from __future__ import annotations\n\n\ndef f(x: Unknown): ...", "label: one")
    cells = [first, cell("f(1)", "label: two")]
    assert found(project, *cells)["two"].prelude.split("\n")[:1] == ["from __future__ import annotations"]
    assert found(project, *cells)["two"].prelude.count("__future__") == 1


def test_a_program_is_one(project: MakeProject) -> None:
    assert found(project, cell("if __name__ == '__main__':\n    print(1)", "label: one"))["one"].program


def test_what_does_not_run_in_a_browser_says_why(project: MakeProject) -> None:
    both = found(project, cell("print(1)", "label: one"), cell("print(2)", "label: two"), unfit={"two": "No."})
    assert (both["one"].why_not, both["two"].why_not) == (None, "No.")


def test_what_the_page_shows_is_known(project: MakeProject, run: Callable[..., object]) -> None:
    code = "import sys\n\nprint('one')\nprint('two', file=sys.stderr)\nprint('\\033[1mthree\\033[0m')"
    text = cell(code, "label: one")
    made: Project = project({"posts/a.qmd": f"---\ntitle: A\n---\n\n{text}"})
    run(made)
    shown = snippets(made, made.articles()[0], {})["one"].shown
    assert sorted(shown.splitlines()) == ["one", "three", "two"]


def test_the_syntax_of_a_newer_python_is_left_out(project: MakeProject) -> None:
    both = found(project, cell("print(1)", "label: one"), cell("x = t'' t''' ?", "label: two", 'python: ">=3.99"'))
    assert set(both) == {"one"}


@pytest.mark.parametrize("hidden", ["echo: false", "eval: false", "example: false"])
def test_what_makes_no_script_is_no_snippet(hidden: str, project: MakeProject) -> None:
    assert set(found(project, cell("print(1)", "label: one"), cell("print(2)", "label: two", hidden))) == {"one"}
