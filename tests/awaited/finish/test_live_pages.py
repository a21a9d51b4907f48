"""What a page says of running its snippets before anything has been clicked; what a click does is in tests/site."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from awaited.finish.code import highlight_snippets
from awaited.finish.live import (
    NOTHING_RUNS,
    Live,
    PageLive,
    fill_playground,
    has_playground,
    offer_runs,
    publish_data,
    publish_examples,
)
from awaited.finish.markup import Page, Tree
from awaited.live.snippets import Snippet
from awaited.read.project import Project
from awaited.tangle.scripts import Script, tangle_project

ARTICLE = """---
title: "Birds & bees"
---

```{python}
#| label: one
#| varies: "0x[0-9a-f]+"
def count(birds: int) -> int:
    return birds
```

```{python}
#| label: two
print(count(2))
```

```{python}
#| label: three
input()
```
"""
PATH = Path("posts/x.qmd")


@pytest.fixture
def scripts(project: Callable[..., Project]) -> list[Script]:
    return tangle_project(project({str(PATH): ARTICLE}))


def live(scripts: list[Script], **why_not: str) -> Live:
    known = {
        str(script.cell.label): Snippet(script.cell.code, "above = 1", False, "", why_not.get(str(script.cell.label)))
        for script in scripts
    }
    return Live("live/abc/", {PATH: known})


def cells(*labels: str) -> Page:
    text = "".join(
        f'<div class="cell" id="{label}"><pre class="cell-code"></pre><div class="cell-script"><a>x</a></div></div>'
        for label in labels
    )
    page = f'<main><header id="title-block-header"></header>{text}</main>'
    return Page(PurePosixPath("posts/x.html"), Tree(page))


def test_what_a_click_loads_is_in_a_file_of_its_own(scripts: list[Script], tmp_path: Path) -> None:
    found = publish_data(tmp_path, live(scripts, three="It asks."), scripts)[PATH]
    assert found.runs == ("one", "two")
    assert found.why_not == {"three": "It asks."}
    assert json.loads((tmp_path / found.data).read_text(encoding="utf-8")) == {
        "worker": "live/abc/worker.js",
        "snippets": {
            "one": {"prelude": "above = 1", "program": False, "varies": ["0x[0-9a-f]+"]},
            "two": {"prelude": "above = 1", "program": False, "varies": []},
        },
    }


def test_an_article_of_which_nothing_runs_needs_no_file(scripts: list[Script], tmp_path: Path) -> None:
    found = publish_data(tmp_path, live(scripts, one="No.", two="No.", three="No."), scripts)[PATH]
    assert (found.data, found.runs) == ("", ())
    assert not (tmp_path / "site_libs").exists()


def test_the_playground_offers_the_scripts_that_run(scripts: list[Script], tmp_path: Path) -> None:
    found = publish_examples(tmp_path, live(scripts, three="It asks."), scripts)
    offered = json.loads((tmp_path / found.data).read_text(encoding="utf-8"))
    assert offered["examples"] == [["Birds & bees", [["one", "examples/x/one.py"], ["two", "examples/x/two.py"]]]]


def test_a_snippet_has_a_mark_or_a_reason_and_the_article_says_how_many_run() -> None:
    page = cells("one", "two", "plain")
    offer_runs(page, PageLive("live.json", ("one",), {"two": "It <asks>."}))
    one, two, plain = page.tree.css(".cell-script")
    assert "data-runs" in one.attributes
    assert "data-runs" not in two.attributes
    assert two.css_first(".runs-not").text() == "It <asks>. Run it on your machine."
    assert plain.html == '<div class="cell-script"><a>x</a></div>'
    said = page.tree.css_first("#title-block-header .runs-how").text()
    assert said == "1 of the 3 snippets can be edited and run here, in your browser."


@pytest.mark.parametrize("nothing", [None, PageLive("", (), {})])
def test_where_nothing_runs_nothing_is_claimed(nothing: PageLive | None) -> None:
    page = cells("one")
    before = page.tree.html
    offer_runs(page, nothing)
    assert page.tree.html == before


def test_a_playground_without_python_says_so() -> None:
    text = '<main><div id="playground"></div></main>'
    assert has_playground(text)
    assert not has_playground('<main><div class="cell" id="playground"></div></main>')
    page = Page(PurePosixPath("playground.html"), Tree(text))
    fill_playground(page, None)
    assert page.tree.css_first("#playground").text() == NOTHING_RUNS
    fill_playground(page, PageLive("live.json"))
    assert page.tree.css_first("#playground.playground [data-runs]") is not None
    assert page.tree.css_first("noscript") is not None


def test_quartos_snippets_get_the_colours_of_the_editor() -> None:
    quarto = '<span id="cb1-1"><span class="cf">raise</span> <span class="pp">ValueError</span>(None)</span>'
    cell = '<div class="cell"><pre class="{}"><code class="sourceCode python">{}</code></pre></div>'
    text = cell.format("sourceCode", quarto) + cell.format("numberSource", quarto)
    page = Page(PurePosixPath("x.html"), Tree(text))
    highlight_snippets(page)
    plain, numbered = (code.inner_html or "" for code in page.tree.css("code"))
    assert '<span class="cn">None</span>' in plain
    assert 'class="pp"' not in plain
    assert numbered == quarto
