"""YAML is read as Quarto reads it, and what is wrong in it has a line."""

from __future__ import annotations

from itertools import pairwise

import pytest

from awaited.read.metadata import merge, read_yaml
from tests.awaited.read.reading import failure, read


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("!!int x", "invalid YAML: "),
        ("!!timestamp x", "invalid YAML: "),
        ("!!bool x", "invalid YAML: "),
        ("&a [*a]", "invalid YAML: its aliases stand for too many values, or for themselves"),
        ("[" * 2000, "invalid YAML: nested too deep"),
    ],
    ids=range(5),
)
def test_yaml_that_its_reader_does_not_foresee(value: str, message: str) -> None:
    assert failure(f"---\ntitle: {value}\n---\n").startswith(f"2: {message}")


@pytest.mark.parametrize(("opening", "closing"), ["[]", "{}"], ids=["lists", "merge keys"])
def test_yaml_whose_aliases_stand_for_millions(opening: str, closing: str) -> None:
    first = "a: &a [1]" if opening == "[" else "a: &a {x: 1}"
    kind = "" if opening == "[" else "<<: ["
    end = "" if opening == "[" else "]"
    lines = [f"{b}: &{b} {opening}{kind}{', '.join([f'*{a}'] * 9)}{end}{closing}" for a, b in pairwise("abcdefghij")]
    wanted = "2: invalid YAML: its aliases stand for too many values, or for themselves"
    assert failure("\n".join(["---", first, *lines, "---\n"])) == wanted


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "Yes", "NO"])
def test_yaml_is_read_as_version_1_2(word: str) -> None:
    assert read_yaml(f"a: {word}\nb: true\nc: False\n", "x", 1) == {"a": word, "b": True, "c": False}


def test_front_matter_is_closed_by_dots_too_and_must_be_at_the_top() -> None:
    assert read("---\ntitle: x\n...\n---\n").front_matter == {"title": "x"}
    assert read("\n---\ntitle: x\n---\n").front_matter == {}
    assert read("---\n---\n").front_matter == {}


def test_merge_joins_at_every_depth() -> None:
    assert merge({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 3}, "d": [2]}) == {"a": {"b": 3, "c": 2}, "d": [2]}
