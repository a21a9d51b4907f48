"""The search: it finds what a reader means, in the right order, and says so when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route

Open = Callable[..., Page]
RESULTS = "#search-results a"


def search(page: Page, words: str) -> list[str]:
    """What is found for some words: the ends of the addresses, the best first."""
    page.evaluate("() => document.querySelector('#search-results').replaceChildren()")  # what was found before
    page.get_by_label("Search this site").fill(words)
    page.wait_for_selector(RESULTS)
    return page.locator(RESULTS).evaluate_all("links => links.map(link => link.hash.slice(1))")


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("gather", "gather"),
        ("create_task", "create-task"),
        ("async with", "async-with"),
        ("Creating tasks", "creating-tasks-for-more-control"),
    ],
)
def test_what_bears_the_name_comes_first(look_at_in_both: Open, words: str, first: str) -> None:
    assert search(look_at_in_both("about.html"), words)[0] == first


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("sempahore", "async-with"),  # two letters in each other's place
        ("semphore", "async-with"),  # one left out
        ("timeuot", "timeout"),
        ("tasks garbage collector", "a-task-that-vanishes"),  # the page says: garbage-collected
        ("how to run async code from sync", "running-async-from-sync-code"),
        ("how do I run several calls at the same time", "running-multiple-tasks-concurrently"),
    ],
)
def test_what_is_meant_is_among_the_first(look_at_in_both: Open, words: str, wanted: str) -> None:
    assert wanted in search(look_at_in_both("about.html"), words)[:5]


def test_the_words_found_are_marked_also_those_spelt_otherwise(look_at_in_both: Open) -> None:
    page = look_at_in_both("about.html")
    search(page, "sempahore")
    assert page.locator("#search-results mark").first.inner_text().lower() == "semaphore"


def test_nothing_is_loaded_before_the_search_is_used(open_in_both: Open) -> None:
    page = open_in_both("about.html")
    page.wait_for_load_state("networkidle")
    loaded = "() => performance.getEntriesByType('resource').filter(e => /search[.]/.test(e.name)).length"
    assert page.evaluate(loaded) == 0
    search(page, "gather")
    assert page.evaluate(loaded) == 2, "its script and its index"


@pytest.mark.parametrize("what", ["**/search.json", "**/search.*.js*"])
def test_a_load_that_fails_says_so_and_can_be_tried_again(open_in_both: Open, what: str) -> None:
    page = open_in_both("about.html", expect=["search.", "ERR_FAILED", "NS_ERROR", "dynamically imported"])
    page.route(what, lambda route: route.abort())
    page.get_by_label("Search this site").fill("gather")
    page.get_by_text("could not be loaded").first.wait_for()
    page.unroute(what)
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(RESULTS)
    assert page.locator(RESULTS).first.get_attribute("href", timeout=1000) is not None


def test_an_answer_that_comes_late_does_not_replace_a_later_one(open_in_both: Open) -> None:
    page = open_in_both("about.html")
    held: list[Route] = []
    page.route("**/search.json", lambda route: held.append(route))
    field = page.get_by_label("Search this site")
    field.fill("gather")
    field.fill("zzzzzz")
    page.wait_for_timeout(100)
    held[0].continue_()
    page.get_by_text("Nothing found").first.wait_for()
    assert page.locator(RESULTS).count() == 0


def test_escape_closes_wherever_the_focus_is_and_gives_it_back_to_the_field(open_in_both: Open) -> None:
    page = open_in_both("about.html")
    search(page, "gather")
    for key in ("Tab", "ArrowDown"):
        page.get_by_label("Search this site").focus()
        page.keyboard.press("End")
        page.keyboard.press(key)
        page.wait_for_function("() => document.activeElement.closest('#search-results')")
        page.keyboard.press("Escape")
        assert page.locator("#search-results").is_hidden()
        assert page.evaluate("() => document.activeElement.type") == "search"
        search(page, "gather ")
        search(page, "gather")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.get_by_label("Search this site").input_value() == ""


def test_tab_goes_through_what_was_found_and_on_and_the_list_closes_behind_it(open_in_both: Open) -> None:
    page = open_in_both("about.html")
    reached = []
    for _ in range(len(search(page, "gather")) + 2):  # Firefox stops at the list itself, too, since it scrolls
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.closest('.search a') !== null"))
    assert reached.count(True) == page.locator(RESULTS).count()
    assert not page.evaluate("() => Boolean(document.activeElement.closest('.search'))")
    assert page.locator("#search-results").is_hidden()


def test_a_click_beside_it_closes_it(open_in_both: Open) -> None:
    page = open_in_both("about.html")
    search(page, "gather")
    page.mouse.click(600, 880)
    assert page.locator("#search-results").is_hidden()


def test_the_slash_key_and_control_k_lead_to_the_field(open_in_both: Open) -> None:
    page = open_in_both("about.html")
    for key in ("/", "Control+k"):
        page.evaluate("() => document.activeElement.blur()")
        page.keyboard.press(key)
        assert page.evaluate("() => document.activeElement.closest('.search') !== null")
    assert page.get_by_label("Search this site").input_value() == ""


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_the_open_list_stays_on_the_screen(look_at_in_both: Open, width: int) -> None:
    page = look_at_in_both("posts/async-python-basics/index.html", width)
    search(page, "async")
    box: Any = page.locator("#search-results").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["width"] >= min(width - 64, 400), "wide enough to read"
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
