"""Inline code is evaluated where it stands, and its value woven into the sentence, as Quarto does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.execute.articles import Outcome
from awaited.memory import freezer
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

ARTICLE = """\
Before: `{python} 1 + 1`.

```{python}
class Note:
    def _repr_markdown_(self): return "*note*"

class Box:
    def _repr_html_(self): return "<b>`box`</b>"

names = ["<ada> {{< x >}}"]
```

Count `{python} len(names)`, `{python} 1 / 4` of `{python} names[0]`: `{python} Note()`,
``{python} Box()``, `{python} Box()`.

```
`{python} names`
```

```{python}
names.append("grace")
```

Now `{python} len(names)`.
"""


@pytest.fixture
def made(project: Callable[..., Project]) -> Callable[[str], Project]:
    return lambda text: project({"a.qmd": text})


def test_values_stand_where_their_code_stood(made: Callable[[str], Project], run: Callable[..., Outcome]) -> None:
    project = made(ARTICLE)
    assert run(project).executed == (Path("a.qmd"),)
    text = freezer.markdown(project.freezer, Path("a.qmd"))
    assert text.startswith("Before: 2.\n")
    assert r"Count 1, 0.25 of \<ada\> \{\{\< x \>\}\}: *note*," in text
    shown = r"``{python} Box()``, ``<b>`box`</b>``{=html}."
    assert shown in text
    assert "```\n`{python} names`\n```" in text
    assert text.endswith("Now 2.\n")


def test_it_runs_again_when_the_code_has_changed_or_moved(
    made: Callable[[str], Project], run: Callable[..., Outcome]
) -> None:
    text = "`{python} n`\n\n```{python}\nn = 2\n```\n"
    project = made("```{python}\nn = 1\n```\n\n" + text)
    assert run(project).executed
    assert not run(made("```{python}\nn = 1\n```\n\nWords and " + text)).executed
    assert freezer.markdown(project.freezer, Path("a.qmd")).count("Words and 1") == 1
    assert run(made("```{python}\nn = 1\n```\n\nWords and " + text.replace("} n", "} n + 1"))).executed
    assert "Words and 2" in freezer.markdown(project.freezer, Path("a.qmd"))


def test_a_page_may_have_nothing_else(made: Callable[[str], Project], run: Callable[..., Outcome]) -> None:
    project = made("It is `{python} sum([1, 2])`.")
    assert run(project).executed
    assert freezer.markdown(project.freezer, Path("a.qmd")) == "It is 3."


def test_what_raises_is_told_with_its_line(made: Callable[[str], Project], run: Callable[..., Outcome]) -> None:
    with pytest.raises(AwaitedError, match=r"^a\.qmd:3: inline code `nme`: NameError: name 'nme' is not defined$"):
        run(made("One\n\nTwo `{python} nme`."))


def test_with_eval_false_it_is_text(made: Callable[[str], Project]) -> None:
    assert not made("---\nexecute: {eval: false}\n---\n`{python} 1`").read(Path("a.qmd")).has_code
