"""The timelines in a real browser: they can be read at every width and in every theme, heard, and played again."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Page, expect

from awaited.finish.replays import BEGIN
from awaited.read.articles import Article
from awaited.read.project import load

ARTICLES = [
    article for article in load(Path(__file__).parents[2]).articles()
    if any("timeline.show(" in cell.code for cell in article.cells)
]  # fmt: skip
WIDTHS = (320, 390, 768, 1280)
THEMES = ("light", "dark")

Open = Callable[..., Page]
every_article = pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.slug)


def address_of(article: Article) -> str:
    return article.path.with_suffix(".html").as_posix()


def data_of(timeline: Locator) -> list[dict[str, Any]]:
    """What the page of a timeline loads of its runs when one is touched."""
    script = timeline.page.locator("script[data-replays]")
    folder = urljoin(timeline.page.url, script.get_attribute("src") or "")
    text = timeline.page.request.get(urljoin(folder, script.get_attribute("data-replays") or "")).text()
    runs: list[dict[str, Any]] = json.loads(text.removeprefix(BEGIN))[timeline.get_attribute("id")]
    assert runs
    return runs


def touched(page: Page) -> Page:
    """The page, when its timelines have loaded what they do at the first touch."""
    page.locator(".timeline").first.dispatch_event("focusin")
    page.locator(".timeline-lanes").last.locator("> :nth-child(2)").wait_for(state="attached")
    return page


# ---- what it shows


@every_article
def test_each_is_of_the_run_whose_output_stands_above_it(look_at: Open, article: Article) -> None:
    page = look_at(address_of(article))
    for timeline in page.locator(".timeline").all():
        runs = data_of(timeline)
        name = (timeline.get_attribute("id") or "").removeprefix("timeline-")
        names = [name] if len(runs) == 1 else timeline.locator(".timeline-heading").all_text_contents()
        for cell, run in zip(names, runs, strict=True):
            printed = page.locator(f"[id='{cell}'] .cell-output-stdout pre").text_content() or ""
            assert "".join(text for _, _, text in run["lines"]).strip() == printed.strip()
            above = page.locator(f"[id='{cell}']").bounding_box()
            below = timeline.bounding_box()
            assert above is not None
            assert below is not None
            assert above["y"] + above["height"] <= below["y"]


@every_article
def test_each_is_a_numbered_figure_with_a_caption(look_at: Open, article: Article) -> None:
    page = look_at(address_of(article))
    captions = [
        timeline.locator("xpath=ancestor::figure").locator("figcaption").inner_text()
        for timeline in page.locator(".timeline").all()
    ]
    numbers = [re.match(r"Figure\s(\d+): \w", caption) for caption in captions]
    assert [number and int(number[1]) for number in numbers] == list(range(1, len(captions) + 1))
    for link in page.locator("a.quarto-xref[href^='#fig-']").all():
        target = page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']")
        assert target.locator(".timeline").count() == 1
        assert target.locator("figcaption").inner_text().startswith(link.inner_text())


@every_article
def test_each_has_words_for_those_who_cannot_see_it(open_page: Open, article: Article) -> None:
    page = open_page(address_of(article), java_script_enabled=False)
    for view in page.locator(".timeline-view").all():
        picture = view.locator("svg[role=img]")
        assert picture.count() == 1
        assert (picture.locator("> title").text_content() or "").startswith("Timeline of ")
        assert picture.locator("> desc").text_content() == view.locator(".timeline-said").inner_text()
    for timeline in page.locator(".timeline").all():
        details = timeline.locator("details")
        assert details.get_attribute("open") is None
        assert not details.locator("table").first.is_visible()
        details.locator("summary").click()
        rows = timeline.locator("tbody tr")
        assert rows.count() == sum(len(run["lanes"]) for run in data_of(timeline))
        assert rows.first.is_visible()


def test_the_index_shows_a_timeline_of_each_article_on_its_card(look_at: Open) -> None:
    page = look_at("index.html")
    for article in ARTICLES:
        if article.path.parts[0] != "posts":
            continue  # a page that is in no list
        card = page.locator(".post-card", has=page.get_by_role("link", name=article.title))
        assert card.locator("svg.listing-picture path").count() == 2


# ---- how it looks

SET = """() => [...document.querySelectorAll('.cell:has(.timeline)')].map(cell => {
    const box = element => element.getBoundingClientRect(), range = document.createRange();
    const start = element => (range.selectNodeContents(element), range.getBoundingClientRect().left);
    const output = cell.querySelector('.cell-output');
    return {
        above: box(output).top - box(cell).top, below: box(cell).bottom - box(output).bottom,
        sentences: [...cell.querySelectorAll('.timeline-sentence')].map(words => start(words) - box(words).left),
        columns: [...cell.querySelectorAll('tbody tr:first-child td')].map(
            (value, at) => value.textContent
                ? start(value) - start(value.closest('table').querySelectorAll('thead th')[at % 7 + 1]) : 0),
    };
})"""


@every_article
def test_it_fills_its_card_and_stands_at_the_left(open_page: Open, article: Article) -> None:
    page = open_page(address_of(article))
    page.evaluate("document.querySelectorAll('.timeline details').forEach(details => details.open = true)")
    for card in page.evaluate(SET):
        assert [card["above"], card["below"]] == pytest.approx([1, 1], abs=1), "a border, and no gap"
        assert card["sentences"] == pytest.approx([0] * len(card["sentences"]), abs=1)
        assert card["columns"] == pytest.approx([0] * len(card["columns"]), abs=1)


BOXES = """() => [...document.querySelectorAll('.timeline-picture')].map(picture => ({
    picture: picture.getBoundingClientRect().toJSON(),
    texts: [...picture.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect().toJSON()]),
}))"""


@every_article
@pytest.mark.parametrize("width", WIDTHS)
def test_labels_neither_overlap_nor_leave_the_picture(look_at: Open, article: Article, width: int) -> None:
    page = look_at(address_of(article), width)
    pictures = page.evaluate(BOXES)
    assert pictures
    for picture in pictures:
        frame, texts = picture["picture"], picture["texts"]
        assert 0 <= frame["left"] < frame["right"] <= width
        for text, box in texts:
            assert frame["left"] - 1 <= box["left"], text
            assert box["right"] <= frame["right"] + 1, text
            assert frame["top"] - 1 <= box["top"], text
            assert box["bottom"] <= frame["bottom"] + 1, text
        for (one, first), (other, second) in itertools.combinations(texts, 2):
            apart = (
                first["right"] <= second["left"] or second["right"] <= first["left"]
                or first["bottom"] <= second["top"] + 3 or second["bottom"] <= first["top"] + 3
            )  # fmt: skip
            assert apart, (one, other)


def luminance(color: str) -> float:
    """The relative luminance of ``rgb(r, g, b)``, as WCAG 2.2 defines it."""
    assert color.startswith("rgb("), color
    channels = [int(value) / 255 for value in re.findall(r"\d+", color)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2.2 defines it."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


COLORS = """() => {
    const canvas = document.body.appendChild(document.createElement('i'));
    canvas.style.backgroundColor = 'Canvas';
    const ground = node => {
        if (!node) return getComputedStyle(canvas).backgroundColor;
        const color = getComputedStyle(node).backgroundColor;
        return /, 0\\)$/.test(color) ? ground(node.parentElement) : color;
    };
    const of = (picture, selector, property) => [...picture.querySelectorAll(selector)]
        .map(node => [selector, getComputedStyle(node)[property], ground(picture.parentElement)]);
    return [...document.querySelectorAll('.timeline-picture')].map(picture => ({
        texts: of(picture, 'text', 'fill'),
        marks: ['run', 'wait', 'late', 'fade', 'print'].flatMap(state => of(picture, '.timeline-' + state, 'stroke'))
            .concat(of(picture, 'g:is(.timeline-raised, .timeline-cancelled) path', 'stroke')),
    }));
}"""


@every_article
@pytest.mark.parametrize("options", [
    {"color_scheme": "light"}, {"color_scheme": "dark"},
    {"forced_colors": "active", "color_scheme": "light"}, {"forced_colors": "active", "color_scheme": "dark"},
])  # fmt: skip
def test_words_and_marks_stand_out(look_at: Open, article: Article, options: dict[str, str]) -> None:
    page = look_at(address_of(article), **options)
    for picture in page.evaluate(COLORS):
        assert picture["texts"]
        assert all(contrast(color, ground) >= 4.5 for _, color, ground in picture["texts"])
        assert len(picture["marks"]) >= 2
        assert [mark for mark in picture["marks"] if contrast(mark[1], mark[2]) < 3] == []


@every_article
def test_paper_shows_the_pictures_without_the_controls(look_at: Open, article: Article) -> None:
    page = look_at(address_of(article), color_scheme="dark", media="print")
    assert page.locator(".timeline-picture").first.is_visible()
    assert not page.locator(".timeline-controls").first.is_visible()
    for picture in page.evaluate(COLORS):
        assert all(contrast(color, "rgb(255, 255, 255)") >= 4.5 for _, color, _ in picture["texts"])
        assert all(contrast(color, "rgb(255, 255, 255)") >= 3 for _, color, _ in picture["marks"])


@every_article
def test_running_and_waiting_differ_by_more_than_colour(look_at: Open, article: Article) -> None:
    page = look_at(address_of(article))
    shapes = page.evaluate(
        """() => ['.timeline-run', '.timeline-wait'].map(selector => {
            const style = getComputedStyle(document.querySelector('.timeline-picture').querySelector(selector));
            return [style.strokeDasharray, style.strokeWidth];
        })"""
    )
    assert shapes == [["none", "12px"], ["2px, 3px", "2px"]]


# ---- what is loaded when a timeline is first touched

TOUCHES: dict[str, Callable[[Page, Locator], None]] = {
    "click": lambda page, timeline: timeline.get_by_role("button").click(),
    "slider": lambda page, timeline: timeline.get_by_role("slider").press("ArrowRight"),
    "pointer": lambda page, timeline: timeline.locator(".timeline-stage").first.hover(),
    "keyboard": lambda page, timeline: timeline.locator("[role=option]").first.focus(),
    "code": lambda page, timeline: page.locator(".cell-code").first.hover(),
}
BASICS = next(article for article in ARTICLES if article.slug == "async-python-basics")


def loaded(page: Page) -> list[str]:
    """The kinds of all scripts of a page that are loaded: ``page``, and what that has loaded in its turn."""
    names = "() => performance.getEntriesByType('resource').map(entry => entry.name)"
    return sorted(found[1] for name in page.evaluate(names) if (found := re.search(r"/(\w+)\.\w+\.js", name)))


@pytest.mark.parametrize("touch", TOUCHES)
def test_a_first_touch_loads_what_a_timeline_does_and_nothing_moves(open_in_both: Open, touch: str) -> None:
    page = open_in_both(address_of(BASICS))
    assert loaded(page) == ["page"]
    timeline = page.locator(".timeline").first
    places = """() => [...document.querySelectorAll('main :is(p, pre, svg, button)')]
        .map(node => Math.round(node.getBoundingClientRect().top + scrollY)).join()"""
    before, options = page.evaluate(places), timeline.locator("[role=option]")
    assert options.count() == timeline.locator(".timeline-view").count()
    first = options.first.get_attribute("aria-label")
    TOUCHES[touch](page, timeline)
    options.nth(4).wait_for(state="attached")
    assert loaded(page) == ["page", "runs", "timeline"]
    assert (options.first.get_attribute("aria-label") or "").startswith(f"{first}: ran ")
    if touch == "keyboard":
        assert options.first.evaluate("option => option === document.activeElement")
        page.keyboard.press("ArrowRight")
        assert options.nth(1).evaluate("option => option === document.activeElement")
    elif touch == "pointer":
        expect(timeline.locator(".timeline-said").first).to_have_text(re.compile("^main[ :]"))
    elif touch == "code":
        assert page.evaluate(places) == before
    elif touch in ("click", "slider"):
        page.wait_for_function("() => parseFloat(document.querySelector('.timeline output').textContent) > 0")


@pytest.mark.parametrize("what", ["timeline", "runs"])
def test_a_touch_that_loads_nothing_says_so_and_can_be_tried_again(open_in_both: Open, what: str) -> None:
    page = open_in_both(address_of(BASICS), expect=[f"{what}.", "ERR_FAILED", "NS_ERROR"])
    page.route(f"**/{what}.*.js*", lambda route: route.abort())
    timeline = page.locator(".timeline").first
    button = timeline.get_by_role("button")
    places = "controls => controls.map(control => JSON.stringify(control.getBoundingClientRect()))"
    controls = timeline.locator(".timeline-controls > :not(.load-failed)")
    button.scroll_into_view_if_needed()
    before = controls.evaluate_all(places)
    button.click()
    expect(button).to_have_text("Retry")
    expect(timeline.locator(".load-failed")).to_have_text("The replay could not be loaded. ")
    assert controls.evaluate_all(places) == before
    page.unroute_all()
    button.click()
    expect(button).to_have_text("Pause")
    assert timeline.locator(".load-failed").count() == 0


# ---- what is under the pointer or the focus


def said(view: Locator) -> str:
    return view.locator(".timeline-said").inner_text()


@every_article
def test_a_lane_shows_its_times_under_the_pointer_and_by_keyboard(open_page: Open, article: Article) -> None:
    page = touched(open_page(address_of(article)))
    view = page.locator(".timeline-view").last
    before = said(view)
    names = [run["words"] for run in data_of(page.locator(".timeline").last)][-1]
    assert len(names) == view.locator(".timeline-lane").count()
    assert all(re.search(r": ran [\d.]+ s, waited [\d.]+ s, ", name) for name in names)
    options = [view.get_by_role("option", name=name, exact=True) for name in names]
    options[1].hover(position={"x": 40, "y": 8})
    assert said(view) == names[1]
    page.mouse.move(0, 0)
    assert said(view) == before
    options[0].focus()
    for place, key in [(1, "ArrowDown"), (len(names) - 1, "End"), (0, "Home"), (0, "ArrowUp"), (1, "ArrowDown")]:
        page.keyboard.press(key)
        assert said(view) == names[place]
        assert options[place].get_attribute("aria-selected") == "true"
    page.keyboard.press("Tab")
    assert said(view) == before
    assert view.locator("[role=option][tabindex='0']").count() == 1


LIT = """() => {
    const band = document.querySelector('.timeline-line'), code = band?.parentElement;
    if (!code) return '';
    const lines = code.textContent.trimEnd().split('\\n');
    const middle = band.getBoundingClientRect().top + band.offsetHeight / 2 - code.getBoundingClientRect().top;
    return lines[Math.floor(middle / code.clientHeight * lines.length)];
}"""
"""The line of code that is lit up."""


@every_article
def test_a_wait_lights_up_its_line_in_the_code_and_the_line_its_waits(open_page: Open, article: Article) -> None:
    page = touched(open_page(address_of(article)))
    waits = page.locator(".timeline-view [role=option][aria-label*=' line ']").evaluate_all(
        f"""options => options.map(option => {{
            option.focus({{preventScroll: true}});
            const said = option.closest('.timeline-view').querySelector('.timeline-said').textContent;
            return [option.getAttribute('aria-label'), said, ({LIT})()];
        }})"""
    )
    assert [said for _, said, _ in waits] == [words for words, _, _ in waits]
    for words, _, line in waits:
        assert re.search(r"\bawait\b|async (with|for)|^asyncio\.run", line.strip()), (words, line)
    found = {"sleep" in line for _, _, line in waits}
    assert True in found, "the waits of sleeping tasks are at their sleeps"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    assert page.evaluate(LIT) == ""
    timeline = page.locator(".timeline").first
    moments = [moment for run in data_of(timeline) for moment in run["moments"] if moment[5]]
    cell = moments[0][4] or data_of(timeline)[0]["cell"]
    code = page.locator(f"[id='{cell}'] .cell-code code")
    lines = (code.text_content() or "").rstrip().split("\n")
    box = code.bounding_box()
    assert box is not None
    code.scroll_into_view_if_needed()
    box = code.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] * (moments[0][5] - 0.5) / len(lines))
    lit = timeline.locator(".timeline-lit")
    here = [run for run in data_of(timeline) for moment in run["moments"] if (moment[4] or run["cell"]) == cell
            and moment[5] == moments[0][5]]  # fmt: skip
    assert lit.count() == len(here) > 0


@every_article
def test_printed_lines_and_their_marks_show_each_other(open_page: Open, article: Article) -> None:
    page = touched(open_page(address_of(article)))
    timeline = page.locator(".timeline").first
    run, view = data_of(timeline)[0], timeline.locator(".timeline-view").first
    marks = view.locator(".timeline-mark")
    own = [text for _, lane, text in run["lines"] if lane is not None]
    assert marks.count() == len(own) > 1
    marks.nth(1).focus()
    words = marks.nth(1).get_attribute("aria-label") or ""
    assert said(view) == words
    (lit,) = page.locator(f"[id='{run['cell']}'] .timeline-printed.timeline-lit").all_text_contents()
    assert lit in own
    assert words.endswith(f"s: {lit.strip()}")
    page.keyboard.press("ArrowLeft")
    assert re.search(r" (waited|slept|printed|was kept) |: ran ", said(view))
    page.locator(f"[id='{run['cell']}'] .timeline-printed").nth(1).hover()
    assert timeline.locator(".timeline-mark.timeline-lit").count() == 1


# ---- replay


def later(page: Page, cell: str) -> list[bool]:
    """Of each printed line of a cell, whether it has yet to appear."""
    states: list[bool] = page.locator(f"[id='{cell}'] .timeline-printed").evaluate_all(
        "lines => lines.map(line => getComputedStyle(line).visibility === 'hidden')"
    )
    return states


def marked(view: Locator) -> float:
    """The time at which the marker of a replay stands, in seconds."""
    place: float = view.evaluate(
        "view => parseFloat(view.querySelector('.timeline-marker').style.left) / 100"
        " * view.querySelector('svg').dataset.seconds"
    )
    return place


def replaying(open_page: Open, article: Article, **options: Any) -> tuple[Page, Locator, list[dict[str, Any]]]:
    """An article's page whose clock stands still, its first timeline, and that one's runs."""
    page = touched(open_page(address_of(article), **options))
    page.clock.install(time=0)
    page.clock.pause_at(1)
    timeline = page.locator(".timeline").first
    return page, timeline, data_of(timeline)


@every_article
def test_a_replay_by_keyboard_shows_the_lines_in_their_order_and_pace(open_page: Open, article: Article) -> None:
    page, timeline, runs = replaying(open_page, article)
    view, cell = timeline.locator(".timeline-view").first, runs[0]["cell"]
    times = [time for time, _, _ in runs[0]["lines"]]
    assert len(times) > 1
    assert timeline.locator(".timeline-marker").count() == 0  # off until asked for
    timeline.get_by_label("Speed").select_option("1")
    button = timeline.get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    assert button.inner_text() == "Pause"
    before = -1.0
    end = max(run["seconds"] for run in runs)
    for passed in (end / 4, end / 2, end * 3 / 4):
        page.clock.fast_forward(round(250 * end))
        now = marked(view)
        assert before < now == pytest.approx(passed, abs=0.1)
        for time, is_hidden in zip(times, later(page, cell), strict=True):
            assert is_hidden == (time > now) or time == pytest.approx(now, abs=0.002)
        before = now
    page.keyboard.press("Enter")  # pauses
    page.clock.run_for(500)
    assert marked(view) == now
    page.keyboard.press("Enter")  # goes on from there
    page.clock.fast_forward(int(1000 * max(run["seconds"] for run in runs)) + 1000)
    assert not any(later(page, cell))
    assert marked(view) == pytest.approx(runs[0]["seconds"], abs=0.001)
    assert button.inner_text() == "Replay"
    assert said(view).endswith(runs[0]["lines"][-1][2].strip())


@every_article
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_moves_under_the_finger(open_page: Open, article: Article, width: int) -> None:
    page = touched(open_page(address_of(article), width, has_touch=True))
    page.clock.install(time=0)
    page.clock.pause_at(1)
    where = """controls => controls.map(control => {
        const { left, top, width, height } = control.getBoundingClientRect();
        return [left, Math.round(8 * (top + scrollY)), width, height];
    })"""  # on the page: Playwright scrolls to what it taps
    controls, timelines = page.locator(".timeline-controls > *"), page.locator(".timeline").all()
    places = controls.evaluate_all(where)
    for timeline in timelines:  # all at once
        timeline.get_by_role("button").tap()
    for _ in range(6):
        page.clock.fast_forward(700)
        assert controls.evaluate_all(where) == places
    for timeline in timelines:
        assert marked(timeline.locator(".timeline-view").first) > 0, "it has played"
        timeline.get_by_role("button").tap()
    assert controls.evaluate_all(where) == places


@every_article
def test_the_slider_goes_to_any_time_by_keyboard(open_page: Open, article: Article) -> None:
    page = touched(open_page(address_of(article)))
    timeline = page.locator(".timeline").first
    runs = data_of(timeline)
    view, end = timeline.locator(".timeline-view").first, max(run["seconds"] for run in runs)
    slider = timeline.get_by_role("slider")
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert marked(view) == pytest.approx(end / 2, abs=0.01)
    shown = f"{end / 2:.{2 if end < 1 else 1}f} s"
    assert slider.get_attribute("aria-valuetext") == shown == timeline.locator("output").inner_text()
    page.keyboard.press("ArrowLeft")
    assert marked(view) == pytest.approx(end * 19 / 40, abs=0.01)
    page.keyboard.press("End")
    assert not any(later(page, runs[0]["cell"]))


@every_article
def test_the_speed_is_a_choice_and_short_runs_begin_slowed(look_at: Open, article: Article) -> None:
    page = look_at(address_of(article))
    for timeline in page.locator(".timeline").all():
        seconds = max(run["seconds"] for run in data_of(timeline))
        speed = timeline.get_by_label("Speed")
        factor = int(speed.input_value())
        assert timeline.get_by_role("button").inner_text() == "Replay"
        assert factor == 1 if seconds >= 2 else 2 <= seconds * factor <= 20
        names = speed.locator("option").all_text_contents()
        assert names[0] == "1×"
        assert all(re.fullmatch(r"\d+× slower", name) for name in names[1:])
        assert len(names) > 1


@every_article
def test_a_slower_replay_takes_longer(open_page: Open, article: Article) -> None:
    page, timeline, runs = replaying(open_page, article)
    end = max(run["seconds"] for run in runs)
    timeline.get_by_label("Speed").select_option("2")
    timeline.get_by_role("button").click()
    page.clock.fast_forward(round(1000 * end))
    assert marked(timeline.locator(".timeline-view").first) == pytest.approx(end / 2, abs=0.05)


@every_article
def test_who_asks_for_less_motion_sees_the_replay_go_from_event_to_event(open_page: Open, article: Article) -> None:
    page, timeline, runs = replaying(open_page, article, reduced_motion="reduce")
    view = timeline.locator(".timeline-view").first
    events = {0.0, *(time for run in runs for time, _, _ in run["lines"])}
    events |= {moment[1] for run in runs for moment in run["moments"]}
    events |= {lane[1] for run in runs for lane in run["lanes"]} | {run["seconds"] for run in runs}
    timeline.get_by_role("button").click()
    for _ in range(8):
        page.clock.fast_forward(300)
        assert min(abs(marked(view) - event) for event in events) < 0.001


@every_article
def test_forced_colours_show_the_marker_and_the_line(open_page: Open, article: Article) -> None:
    page = touched(open_page(address_of(article), forced_colors="active"))
    timeline = page.locator(".timeline").first
    timeline.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    marker = timeline.locator(".timeline-marker").first
    look = "marker => { const style = getComputedStyle(marker); return [style.borderLeftStyle, marker.offsetWidth]; }"
    assert marker.evaluate(look) == ["solid", 2], "a thin line, which hides nothing"
    timeline.locator("[role=option][aria-label*=' line ']").first.focus()
    assert page.locator(".timeline-line").evaluate("line => getComputedStyle(line).outlineStyle") == "solid"


@every_article
def test_paper_shows_all_that_was_printed_whatever_is_replayed(open_page: Open, article: Article) -> None:
    page = touched(open_page(address_of(article)))
    timeline = page.locator(".timeline").first
    timeline.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    cell = data_of(timeline)[0]["cell"]
    assert any(later(page, cell))
    page.emulate_media(media="print")
    assert not any(later(page, cell))


@every_article
def test_axe_finds_nothing_whatever_is_chosen(open_page: Open, article: Article) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = touched(open_page(address_of(article)))
    timeline = page.locator(".timeline").first
    timeline.locator("details").click()
    timeline.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    timeline.locator("[role=option]").nth(1).focus()
    assert [
        (found["id"], found["nodes"][0]["html"]) for found in Axe().run(page, ".timeline").response["violations"]
    ] == []


@every_article
def test_without_javascript_only_lanes_and_replay_are_missing(open_page: Open, article: Article) -> None:
    page = open_page(address_of(article), java_script_enabled=False)
    assert page.locator(".timeline-picture").first.is_visible()
    assert page.locator(".timeline-sentence").first.is_visible()
    assert page.locator(".timeline-controls, .timeline-lanes").count() == 0
