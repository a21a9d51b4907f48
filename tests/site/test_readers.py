"""What readers have stumbled over, in two browsers: each test is one finding that shall not come back."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from awaited.read.articles import Article
from tests.own import ARTICLES, PROJECT
from tests.site.conftest import DRAWN, violations

PAGES = [page.with_suffix(".html").as_posix() for page in PROJECT.pages()]
BASICS = "posts/async-python-basics/index.html"
CONTENT = "(node, part) => getComputedStyle(node, part).content"

Open = Callable[..., Page]
every_page = pytest.mark.parametrize("path", PAGES)
every_article = pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.slug)


def address_of(article: Article) -> str:
    return article.path.with_suffix(".html").as_posix()


# ---- headings, fragments, contents


@every_page
def test_a_heading_has_one_mark_and_no_more(look_at_in_both: Open, path: str) -> None:
    page = look_at_in_both(path)
    marks = page.locator(".anchored > .anchorjs-link").evaluate_all(
        "links => links.map(link => [link.textContent, getComputedStyle(link, '::after').content])"
    )
    assert {tuple(mark) for mark in marks} <= {("#", "none"), ("#", "normal")}


@pytest.mark.parametrize("fragment", ["#100%", "#%E0%A4%A", "#category=%"])
@pytest.mark.parametrize("path", ["", "posts/cancellation/index.html"])
def test_a_malformed_fragment_stops_nothing(look_at_in_both: Open, path: str, fragment: str) -> None:
    page = look_at_in_both(path + fragment)
    page.reload()  # a page that differs by the fragment alone is not loaded
    toggle = page.get_by_role("button", name="Dark mode")
    before = toggle.get_attribute("aria-pressed")
    toggle.click()
    assert toggle.get_attribute("aria-pressed") != before
    toggle.click()
    assert path == "" or page.locator(".copy-script").count()


@every_article
def test_the_contents_stay_in_place_while_one_scrolls(look_at_in_both: Open, article: Article) -> None:
    page = look_at_in_both(address_of(article))
    entries = page.locator("#TOC a")
    heights = "links => links.map(link => link.getBoundingClientRect().height)"
    seen = [entries.evaluate_all(heights)]
    for place in range(0, 12000, 2400):
        page.evaluate("place => scrollTo(0, place)", place)
        page.wait_for_timeout(60)
        seen.append(entries.evaluate_all(heights))
    assert all(found == seen[0] for found in seen)


# ---- narrow screens


@every_page
@pytest.mark.parametrize("width", [320, 390])
def test_the_header_takes_two_rows_of_a_phone(look_at_in_both: Open, path: str, width: int) -> None:
    page = look_at_in_both(path, width, 844)
    header: Any = page.locator("#quarto-header").bounding_box()
    assert header["height"] <= 110
    tops = page.locator("#quarto-header .nav-link").evaluate_all("a => a.map(x => x.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    names: Any = [page.locator(selector).bounding_box() for selector in (".navbar-brand", ".theme-toggle", ".search")]
    assert max(box["y"] for box in names) < min(box["y"] + box["height"] for box in names), "one row"


@every_page
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_what_scrolls_sideways_shows_that_there_is_more(look_at_in_both: Open, path: str, width: int) -> None:
    page = look_at_in_both(path, width)
    bare = page.evaluate(
        """() => [...document.querySelectorAll('main pre, main .table-box')]
            .filter(box => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1)
            .filter(box => !getComputedStyle(box).backgroundAttachment.includes('local'))
            .map(box => box.outerHTML.slice(0, 120))"""
    )
    assert bare == []


def test_the_table_of_scripts_fits_a_phone(look_at_in_both: Open) -> None:
    page = look_at_in_both("examples.html", 390)
    fits = "boxes => boxes.map(box => box.scrollWidth <= box.clientWidth + 1)"
    assert all(page.locator("main .table-box:not(.timeline-table *)").evaluate_all(fits))


# ---- code


@every_article
def test_both_ways_to_copy_look_like_buttons(look_at_in_both: Open, article: Article) -> None:
    page = look_at_in_both(address_of(article))
    look = "node => { const s = getComputedStyle(node); return [s.borderTopStyle, s.borderTopColor, s.fontWeight] }"
    looks = [page.locator(name).first.evaluate(look) for name in (".code-copy-button", ".copy-script")]
    assert looks[0] == looks[1]
    assert looks[0][0] == "solid"


WHERE = """name => {
    const {x, y, width, height} = document.querySelector(name).getBoundingClientRect();
    return [x, y, width, height];
}"""


@every_article
def test_a_button_stays_where_it_was_when_it_is_pressed(look_at_in_both: Open, article: Article) -> None:
    page = look_at_in_both(address_of(article), 390, 844)
    for name in (".theme-toggle", ".code-copy-button", ".copy-script", ".timeline-table > summary"):
        page.evaluate("name => document.querySelector(name).scrollIntoView({block: 'center'})", name)
        x, y, width, height = page.evaluate(WHERE, name)
        page.mouse.click(x + width / 2, y + height / 2)
        page.wait_for_timeout(100)
        assert page.evaluate(WHERE, name)[:2] == pytest.approx((x, y), abs=1), name
        assert page.evaluate("name => document.activeElement === document.querySelector(name)", name), "it was hit"
    page.mouse.click(x + width / 2, y + height / 2)
    page.evaluate("() => document.querySelector('.theme-toggle').click()")


# ---- names


def test_the_region_around_a_table_has_the_tables_name(look_at_in_both: Open) -> None:
    page = look_at_in_both(BASICS)
    for box in page.locator("main .table-box").all():
        name = box.get_attribute("aria-label") or ""
        caption = box.evaluate(
            "b => (b.closest('figure')?.querySelector('figcaption') ?? b.querySelector('caption'))?.innerText"
        )
        if caption and not box.evaluate("b => Boolean(b.closest('.timeline'))"):
            assert " ".join(name.split()) == " ".join(caption.split())


OPEN = {
    "search": "gather",
    "nothing": "zzzzzz",
}


@pytest.mark.parametrize("words", OPEN.values(), ids=OPEN)
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_violation_with_the_search_open(look_at_in_both: Open, words: str, width: int) -> None:
    page = look_at_in_both(
        "about.html", width
    )  # a short page: the list of what was found lies over it as over any other
    page.evaluate("() => document.querySelector('#search-results').replaceChildren()")  # what was found before
    page.get_by_label("Search this site").fill(words)
    page.wait_for_selector("#search-results li")
    assert violations(page) == []


@every_article
def test_axe_finds_no_violation_with_everything_unfolded(look_at_in_both: Open, article: Article) -> None:
    page = look_at_in_both(address_of(article), 390)
    unfold = "open => document.querySelectorAll('details').forEach(node => { node.open = open })"
    page.evaluate(unfold, True)
    page.evaluate(DRAWN)
    assert violations(page) == []
    page.evaluate(unfold, False)


# ---- forced colours and print: Chromium alone can be asked for them


def test_what_is_found_and_chosen_is_seen_in_forced_colours(open_page: Open) -> None:
    page = open_page(BASICS, forced_colors="active")
    page.get_by_label("Search this site").fill("gather")
    page.wait_for_selector("#search-results mark")
    colours = page.locator("#search-results mark").first.evaluate(
        "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
    )
    assert colours[0] != colours[1]
    page.keyboard.press("ArrowDown")
    assert page.locator("#search-results a:focus").evaluate("node => getComputedStyle(node).outlineStyle") == "solid"


def test_the_chosen_category_is_seen_in_forced_colours(open_page: Open) -> None:
    page = open_page("#category=Python", forced_colors="active")
    outlines = page.locator(".categories button").evaluate_all(
        "found => found.map(b => [b.getAttribute('aria-pressed'), getComputedStyle(b).outlineStyle])"
    )
    assert sorted({tuple(outline) for outline in outlines}) == [("false", "none"), ("true", "solid")]


@every_page
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_printed_that_only_a_screen_can_use(look_at: Open, path: str, width: int) -> None:
    page = look_at(path, width, media="print")
    useless = (
        "#quarto-header, #toc-title, button, .anchored > .anchorjs-link, .cell-link, .timeline-table:not([open]), "
        ".page-navigation, .listing-tools, .skip-link"
    )
    assert page.locator(useless).filter(visible=True).evaluate_all("found => found.map(n => n.outerHTML)") == []


# ---- the front page, the feed


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)])
def test_the_first_screen_shows_a_run(look_at_in_both: Open, width: int, height: int) -> None:
    page = look_at_in_both("", width, height)
    for part in (".shown code.sourceCode", ".shown .cell-output-stdout", ".shown .timeline-controls button"):
        box: Any = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= height, part
    lanes = page.locator(".shown .timeline-lane").evaluate_all(
        "found => found.map(x => x.getBoundingClientRect().bottom)"
    )
    assert len(lanes) >= 3, "a lane of each run can be seen, and more"
    assert lanes[1] <= height


def test_the_run_on_the_front_page_is_that_of_the_article(open_in_both: Open) -> None:
    page = open_in_both("")
    shown = page.locator(".shown")
    code, printed = shown.locator("code.sourceCode").inner_text(), shown.locator(".cell-output code").inner_text()
    assert "asyncio.gather(" in code
    name = shown.locator(".timeline").get_attribute("id")
    known = f"() => JSON.stringify(awaited.runs['{name}'])"
    shown.get_by_role("slider").focus()
    run = page.wait_for_function(known).json_value()
    assert "It ran when this site was built" in shown.inner_text()
    shown.get_by_role("link", name="Three calls that wait").click()
    page.wait_for_url(re.compile("#gather$"))
    cell = page.locator("#gather")
    words = " ".join(cell.locator("code.sourceCode").inner_text().split())
    assert " ".join(code.split()) in words
    assert cell.locator(".cell-output code").inner_text().rstrip() == printed.rstrip()
    page.get_by_role("slider").first.focus()
    assert page.wait_for_function(known).json_value() == run


def test_the_run_on_the_front_page_plays_on_request(open_in_both: Open) -> None:
    page = open_in_both("")
    slider = page.locator(".shown .timeline-controls input")
    assert float(slider.input_value()) == 0
    page.locator(".shown .timeline-controls button").click()
    page.wait_for_function("() => Number(document.querySelector('.shown .timeline-controls input').value) > 0.2")


def test_a_browser_shows_the_feed_as_a_page(open_page: Open) -> None:
    page = open_page("index.xml")
    style = "n => { const s = getComputedStyle(n); return [s.display, parseFloat(s.fontSize)] }"
    display, size = page.locator("item > title").first.evaluate(style)
    assert display == "block"
    assert size > 18
    hidden = page.evaluate("() => getComputedStyle(document.getElementsByTagName('content:encoded')[0]).display")
    assert hidden == "none"


def test_the_pictures_of_the_feed_are_there_and_drawn(open_page: Open) -> None:
    page = open_page("")
    feed = page.request.get(page.url + "index.xml").text()
    names = re.findall(r"https://[^/]+/(posts/[^&\"]+?\.svg)", feed)
    assert len(names) > 5
    for name in dict.fromkeys(names):
        size = page.evaluate(
            """name => new Promise((done, failed) => {
                const image = new Image();
                image.onload = () => done([image.naturalWidth, image.naturalHeight]);
                image.onerror = () => failed(name);
                image.src = name;
            })""",
            name,
        )
        assert size[0] == 640
        assert size[1] > 50


def test_few_articles_need_no_sorting_but_a_category_shows_its_controls(open_in_both: Open) -> None:
    page = open_in_both("")
    few = page.locator(".post-card").count() < 6
    assert page.locator(".listing-tools").is_hidden() == few
    page = open_in_both("#category=Python")
    assert page.locator(".listing-tools").is_visible()


def test_the_path_is_listed_in_its_order(look_at_in_both: Open) -> None:
    page = look_at_in_both("")
    numbers = page.locator(".post-card[data-order]").evaluate_all("cards => cards.map(card => card.dataset.order)")
    assert len(numbers) > 1
    assert all(one < other for one, other in itertools.pairwise(numbers))
