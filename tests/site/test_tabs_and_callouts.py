"""What Quarto folds away is shown by a click, a key or a link, and is all there without JavaScript and on paper."""

from __future__ import annotations

import http.server
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from awaited.read.project import Project
from tests.site.conftest import served

ARTICLE = """---
title: Folded
---

See [the middle](#in-the-middle).

::: {.callout-note collapse="true"}
## More

In the callout.
:::

::: {.panel-tabset}

## First

In the first.

## Second

In [the second]{#in-the-middle}.

## Third

In the third.

:::
"""
PANELS = ["In the first.", "In the second.", "In the third."]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def folded(make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[str]:
    """Where the site of that article is served."""
    styles = (root / "styles.css").read_text(encoding="utf-8")
    config = "project: {type: website}\nwebsite: {title: Trial}\nformat: {html: {css: styles.css}}\n"
    files = {"index.qmd": ARTICLE, "styles.css": styles}
    project = make_project(tmp_path_factory.mktemp("folded"), files, config)
    command = [sys.executable, "-m", "awaited", "build", str(project.root), "--engine", "smalldocs"]
    subprocess.run(command, cwd=root, check=True, capture_output=True, timeout=120)  # Playwright's loop runs here
    with served(partial(_Quiet, directory=str(project.site))) as address:
        yield f"{address}/"


@pytest.fixture
def page(browser: Browser, folded: str) -> Iterator[Page]:
    page = browser.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(folded)
    yield page
    page.close()
    assert [error for error in errors if "favicon" not in error and "404" not in error] == []


def shown(page: Page) -> list[str]:
    return [text for text in PANELS if page.get_by_text(text).is_visible()]


def test_a_click_shows_one_panel(page: Page, folded: str) -> None:
    assert shown(page) == PANELS[:1]
    page.get_by_role("tab", name="Third").click()
    assert shown(page) == PANELS[2:]
    assert page.get_by_role("tab", selected=True).all_inner_texts() == ["Third"]
    assert page.url == folded, "a tab is no way to another place"


def test_the_arrow_keys_move_from_tab_to_tab(page: Page) -> None:
    page.get_by_role("tab", name="First").focus()
    right, left = "ArrowRight", "ArrowLeft"
    for key, place in [(right, 1), (right, 2), (right, 0), (left, 2), ("Home", 0), ("End", 2)]:
        page.keyboard.press(key)
        assert shown(page) == [PANELS[place]], key
        assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    assert page.locator("[role=tab][tabindex='0']").count() == 1, "the Tab key stops once"


def test_a_link_shows_the_panel_that_it_leads_into(page: Page, folded: str) -> None:
    page.get_by_role("link", name="the middle").click()
    page.get_by_text(PANELS[1]).wait_for()
    assert shown(page) == PANELS[1:2]
    page.goto("about:blank")
    page.goto(f"{folded}#in-the-middle")
    page.get_by_text(PANELS[1]).wait_for()
    assert shown(page) == PANELS[1:2]


def test_paper_holds_every_panel_under_its_name(page: Page) -> None:
    page.emulate_media(media="print")
    assert shown(page) == PANELS
    assert not page.get_by_role("tab").first.is_visible()
    title = "panel => getComputedStyle(panel, '::before').content"
    assert page.locator(".tab-pane").evaluate_all(f"panels => panels.map({title})") == [
        '"First"',
        '"Second"',
        '"Third"',
    ]


def test_without_javascript_all_is_there(browser: Browser, folded: str) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(folded)
    assert shown(page) == PANELS
    assert page.get_by_text("In the callout.").is_visible()
    page.close()


def test_a_callout_unfolds(page: Page) -> None:
    assert not page.get_by_text("In the callout.").is_visible()
    page.get_by_role("button", name="More").press("Enter")
    assert page.get_by_text("In the callout.").is_visible()
