"""Options and fields have their types, and defaults come from the nearest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awaited.read.articles import parse
from awaited.read.options import OPTION_TYPES, execute_options
from tests.awaited.read.reading import PATH, failure, only

RIGHT: dict[str, list[Any]] = {
    "label": ["a-label"],
    "echo": [True, False, "fenced"],
    "output": [True, False, "asis"],
    "code-fold": [True, False, "show"],
    "code-summary": ["Code"],
    "python": [">=3.12"],
    "printed-by": [">=3.13"],
    "timeout": [1, 0.5],
    "fig-format": ["svg"],
    **{name: [True, False] for name in ["eval", "include", "warning", "error", "example", "broken", "alone"]},
    **{name: ["One", ["One", "Two"], []] for name in ["fig-cap", "fig-alt", "tbl-cap", "varies"]},
    **{name: [1, 2.5] for name in ["fig-width", "fig-height", "fig-dpi"]},
}
ANY = [True, "text", "(", "fenced", "asis", "show", 0, -1, 3, 3.12, None, [], ["text"], [1], {"a": "b"}]


def yaml_of(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else "null" if value is None else str(value).replace("True", "true")


def test_every_checked_option_is_tried() -> None:
    assert set(RIGHT) == set(OPTION_TYPES)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in RIGHT for value in RIGHT[name]])
def test_options_of_the_right_type(name: str, value: Any) -> None:
    shown = str(value).lower() if isinstance(value, bool) else yaml_of(value)
    assert only(f"```{{python}}\n#| {name}: {shown}\nx\n```\n").options == {name: value}


def allowed(name: str, value: Any) -> bool:
    if name in ("fig-cap", "fig-alt", "tbl-cap", "varies"):
        is_pattern = name != "varies" or value != "("
        return (isinstance(value, str) and is_pattern) or (isinstance(value, list) and value != [1])
    kinds = {type(right) for right in RIGHT[name]}
    if name in ("label", "code-summary", "fig-format"):
        return isinstance(value, str)
    if kinds == {int, float}:
        return type(value) in kinds and value > 0
    return value is True or (isinstance(value, str) and value in RIGHT[name])


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name in RIGHT for value in ANY if not allowed(name, value)]
)
def test_options_of_a_wrong_type(name: str, value: Any) -> None:
    text = f"Prose.\n\n```{{python}}\n#| classes: a\n#| {name}: {yaml_of(value)}\nx\n```\n"
    message = failure(text)
    assert message.startswith(f"5: option '{name}' must be {OPTION_TYPES[name][1]}, not ")


def test_a_wrong_type_is_named_as_it_is_written() -> None:
    assert failure("```{python}\n#| label: true\nx\n```\n") == "2: option 'label' must be text, not true"
    assert failure("```{python}\n#| echo: 'no'\nx\n```\n").endswith("must be true, false or fenced, not 'no'")


def test_a_wrong_type_in_the_front_matter() -> None:
    message = failure("---\ntitle: x\nexecute:\n  echo: true\n  timeout: soon\n---\n")
    assert message == "5: option 'timeout' must be a number of seconds, not 'soon'"


@pytest.mark.parametrize(
    ("inherited", "header", "option", "echo"),
    [
        ({}, "", "", True),
        ({"execute": {"echo": False}}, "", "", False),
        ({"format": {"html": {"echo": False}}}, "", "", False),
        ({"format": {"html": {"execute": {"echo": False}}}}, "", "", False),
        ({"format": {"html": "default"}, "echo": False}, "", "", False),
        ({"execute": {"echo": False}}, "execute: {echo: true}", "", True),
        ({"execute": {"echo": False}}, "echo: true", "", True),
        ({"execute": {"echo": False}}, "execute: {echo: true}", "#| echo: fenced", "fenced"),
        ({"execute": None, "format": "html"}, "", "", True),
    ],
)
def test_defaults_come_from_the_nearest(inherited: dict[str, Any], header: str, option: str, echo: bool | str) -> None:
    assert only(f"---\n{header}\n---\n```{{python}}\n{option}\nx\n```\n", inherited).setting("echo") == echo


def test_defaults_of_folders_and_project(project: Any) -> None:
    cell = "```{python}\nx\n```\n"
    made = project(
        {
            "posts/_metadata.yml": "execute:\n  echo: false\n  timeout: 5\n",
            "posts/a/_metadata.yml": "execute:\n  timeout: 7\njupyter: other\n",
            "posts/a/index.qmd": "---\nexecute:\n  error: true\n---\n" + cell,
            "index.qmd": cell,
        },
        "execute:\n  warning: false\n  echo: fenced\n",
    )
    inner, top = (made.read(Path(page)) for page in ("posts/a/index.qmd", "index.qmd"))
    names = ("warning", "echo", "timeout", "error", "output")
    assert [inner.cells[0].setting(name) for name in names] == [False, False, 7, True, True]
    assert [top.cells[0].setting(name) for name in names] == [False, "fenced", 60, False, True]
    assert (inner.metadata["jupyter"], top.metadata.get("jupyter")) == ("other", None)


def test_timeout_is_no_name_of_ours_outside_execute() -> None:
    assert execute_options({"timeout": 5, "execute": {"timeout": 7}}) == {"timeout": 7}


@pytest.mark.parametrize(
    ("layers", "header", "freeze"),
    [
        ([], "", False),
        ([], "freeze: auto\n", "auto"),
        ([], "freeze:\n", False),
        ([{"freeze": True}], "", True),
        ([{"freeze": True}], "freeze:\n", True),
        ([{"execute": {"freeze": "auto"}}], "", "auto"),
        ([{"execute": {"freeze": "auto"}}, {"freeze": True}], "", True),
        ([{"format": {"html": {"execute": {"freeze": True}}}}], "execute:\n  freeze: auto\n", "auto"),
        ([{"freeze": True}], "freeze: false\n", False),
    ],
)
def test_freeze_is_what_the_nearest_says(layers: list[dict[str, Any]], header: str, freeze: bool | str) -> None:
    assert parse(f"---\ntitle: x\n{header}---\n", PATH, *layers).freeze == freeze


@pytest.mark.parametrize("header", ["freeze: 'yes'", "execute:\n  freeze: 'yes'"])
def test_freeze_of_a_wrong_type(header: str) -> None:
    line = header.count("\n") + 2
    assert failure(f"---\n{header}\n---\n") == f"{line}: field 'freeze' must be true, false or auto, not 'yes'"
