"""The page for those who build a site of their own names every option that there is, and no other."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from awaited.__main__ import parser
from awaited.memory.document import OURS
from awaited.prove.pythons import PYTHONS
from awaited.read.configuration import PROFILES
from awaited.read.options import FIELD_TYPES, SETTING_TYPES
from awaited.read.settings import SECTION, Settings

PAGE = (Path(__file__).parents[2] / "adopt.qmd").read_text(encoding="utf-8")


def rows(name: str) -> list[list[str]]:
    """The cells of a table of the page, each as the words in code that it holds; by the table's label."""
    before = PAGE.partition(f"{{#tbl-{name}}}")[0]
    lines = before[: before.rindex("\n\n:")].rpartition("\n\n")[2].split("\n")[2:]
    return [re.findall(r"`([^`]+)`", cell) for line in lines for cell in [line]]


def first(name: str) -> list[str]:
    return [row[0].partition(":")[0] for row in rows(name)]


def test_options_of_the_site() -> None:
    assert first("site") == list(SETTING_TYPES)
    for name, *values in rows("site"):
        default = getattr(Settings(), name.replace("-", "_"))
        assert values[0] == str(default).lower(), "the default stands first"
        accepts = SETTING_TYPES[name][0]
        assert all(accepts({"true": True, "false": False}.get(value, value)) for value in values[:2])


def test_options_of_cells() -> None:
    assert sorted(first("cell")) == sorted(OURS)


def test_fields_of_a_header() -> None:
    assert first("page") == ["order", "needs", "next"]
    assert FIELD_TYPES.keys() >= {*first("page"), SECTION}


def test_variables() -> None:
    assert first("environment") == ["QUARTO", PROFILES, PYTHONS]


def test_commands_and_their_options() -> None:
    (verbs,) = (action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    there = {
        f"awaited {verb}": {text for a in command._actions for text in a.option_strings if text.startswith("--")}
        - {"--help"}
        for verb, command in verbs.choices.items()
    }
    assert {row[0]: set(row[1:]) for row in rows("commands")} == there


@pytest.mark.parametrize("heading", ["What it does", "What it changes", "What it leaves out", "How to go back"])
def test_what_somebody_wants_to_know(heading: str) -> None:
    assert re.search(rf"^## {heading}\n\n\S", PAGE, re.M)
