"""The policy is strict, opens for the sources that a project names, and what it takes out is named."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from awaited.finish.markup import Page, Tree
from awaited.finish.policy import enforce, policy
from awaited.read.options import SETTING_TYPES
from awaited.read.settings import Settings

FILM = '<iframe src="https://films.example/embed/1" title="A film"></iframe>'
COUNTER = '<script src="https://count.example/c.js"></script>'
INLINE = "<script>count()</script>"


def page(body: str) -> Page:
    return Page(PurePosixPath("a.html"), Tree(f"<html><head></head><body><main>{body}</main></body></html>"))


def settings(policy: Any = True) -> Settings:
    assert SETTING_TYPES["policy"][0](policy)
    return Settings(policy=policy)


@pytest.mark.parametrize(
    ("body", "allows", "what"),
    [
        (FILM, {"frame-src": "https://films.example"}, "a frame of https://films.example/embed/1 is a link to it"),
        (COUNTER, {"script-src": ["https://count.example"]}, "the script https://count.example/c.js is left out"),
        (INLINE, {"script-src": "inline"}, "a script that stands in the page is left out"),
        ('<img src="//far.example/a.png">', {"img-src": "*.example"}, "a picture of //far.example/a.png is left out"),
        ('<iframe src="own.html"></iframe>', {"frame-src": "self"}, "a frame of own.html is a link to it"),
    ],
)
def test_what_is_not_allowed_is_named_and_what_is_stays(body: str, allows: dict[str, Any], what: str) -> None:
    strict = page(body)
    assert [loss[0] for loss in enforce(strict, None, settings())] == [what]
    for own in (settings(allows), settings(False)):
        open_page = page(body)
        before = open_page.tree.html
        assert enforce(open_page, None, own) == []
        assert open_page.tree.html == before


def test_what_quarto_puts_beside_any_display_goes_without_a_word() -> None:
    body = """<script src="https://far.example/jquery.min.js"></script>
<script type="application/javascript">define('jquery', [],function() {return window.jQuery;})</script>"""
    strict = page(body)
    assert enforce(strict, None, settings()) == []
    assert strict.tree.css_first("script") is None
    own = page(body)
    enforce(own, None, settings({"script-src": ["https://far.example", "inline"]}))
    assert len(own.tree.css("script")) == 2


def test_a_frame_becomes_a_link() -> None:
    strict = page(FILM)
    enforce(strict, None, settings())
    link = strict.tree.css_first("main a")
    assert (link.attributes["href"], link.text()) == ("https://films.example/embed/1", "A film")


def test_an_address_is_taken_in_as_a_whole() -> None:
    body = '<script src="https://count.example.evil.example/c.js"></script>'
    assert enforce(page(body), None, settings({"script-src": "https://count.example"}))


def test_sources_and_scripts_are_in_the_policy() -> None:
    own = policy(
        settings({"script-src": ["https://count.example", "inline"], "form-action": "https://f.example"}), page(INLINE)
    )
    directives = dict(part.split(" ", 1) for part in own.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"].count("'sha256-") == 2
    assert directives["script-src"].endswith(" https://count.example")
    assert "unsafe-inline" not in own
    assert directives["form-action"] == "https://f.example"
    assert policy(settings(False)) == ""


@pytest.mark.parametrize("wrong", ["all", {"script": "inline"}, {"script-src": "x; default-src *"}, {"img-src": [1]}])
def test_what_is_no_policy_is_refused(wrong: Any) -> None:
    assert not SETTING_TYPES["policy"][0](wrong)
