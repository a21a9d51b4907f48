"""The site in a real browser: every page, light and dark, wide and narrow, by keyboard, with and without JavaScript."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import html5lib
import pytest
from playwright.sync_api import Page
from selectolax.lexbor import LexborHTMLParser

from awaited.read.articles import Article
from awaited.read.cells import Cell
from awaited.tangle.scripts import Script
from tests.own import ARTICLES, PROJECT, SCRIPTS
from tests.site.conftest import EVERYTHING, violations

ROOT = Path(__file__).parents[2]
LISTED = [article for article in ARTICLES if article.metadata.get("date")]
KINDS = (
    next(script for script in SCRIPTS if "import aiohttp" in script.text),
    next(script for script in SCRIPTS if script.cell.is_broken),
    max(SCRIPTS, key=lambda script: len(script.path.name)),
)
OURS = ["proofs.html", *(script.path.with_suffix(".html").as_posix() for script in KINDS)]
"""The page of proofs, and the pages of a few scripts, for the others have the same form."""
PAGES = [*(page.with_suffix(".html").as_posix() for page in PROJECT.pages()), *OURS]
SNIPPETS = [(article, cell) for article in ARTICLES for cell in article.cells if cell.is_visible and cell.label]
WIDTHS = (320, 390, 768, 1280)
THEMES = ("light", "dark")

Open = Callable[..., Page]
every_page = pytest.mark.parametrize("path", PAGES)
every_article = pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.slug)


def address_of(article: Article) -> str:
    return article.path.with_suffix(".html").as_posix()


# ---- accessibility


COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


@every_page
@pytest.mark.parametrize(("theme", "rules"), [("light", EVERYTHING), ("dark", COLOURS)], ids=THEMES)
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_no_violation(look_at: Open, path: str, theme: str, rules: dict[str, object], width: int) -> None:
    assert violations(look_at(path, width, color_scheme=theme), rules) == []


CONTROLS = "a[href], button:enabled, input, select, textarea, summary, [tabindex='0']"


@every_page
@pytest.mark.parametrize("theme", THEMES)
def test_every_control_shows_that_it_has_the_focus(look_at: Open, path: str, theme: str) -> None:
    page = look_at(path, color_scheme=theme, reduced_motion="reduce")
    unseen = page.evaluate(
        """controls => {
            const style = s => [s.outlineStyle, s.outlineWidth, s.boxShadow, s.borderColor, s.backgroundColor].join();
            const framed = node => node.matches('textarea') ? node.parentElement : node;
            const of = node => [null, '::before', '::after'].map(part => style(getComputedStyle(node, part))).join();
            const look = node => of(framed(node));
            const unseen = [];
            for (const node of document.querySelectorAll(controls)) {
                if (!node.checkVisibility() || node.tabIndex < 0) continue;
                const before = look(node);
                node.focus({focusVisible: true});
                if (document.activeElement !== node || look(node) === before) unseen.push(node.outerHTML.slice(0, 120));
                node.blur();
            }
            return unseen;
        }""",
        CONTROLS,
    )
    assert unseen == []


@every_page
def test_the_keyboard_reaches_everything_in_the_order_of_the_page(open_page: Open, path: str) -> None:
    page = open_page(path)
    wanted = page.evaluate(
        """controls => [...document.querySelectorAll(controls)]
            .filter(node => node.checkVisibility({visibilityProperty: true}) && node.tabIndex >= 0)
            .map((node, place) => { node.dataset.place = place; return place })""",
        CONTROLS,
    )
    page.evaluate(
        "() => { window.reached = []; addEventListener('focusin', e => reached.push(+e.target.dataset.place)) }"
    )
    for _ in wanted:
        page.keyboard.down("Tab")
    assert page.evaluate("() => reached") == wanted


@every_page
def test_nothing_can_be_clicked_that_is_no_control(look_at: Open, path: str) -> None:
    page = look_at(path)
    assert page.locator("[onclick], div[role=button]:not([tabindex]), a:not([href])").count() == 0


@every_page
def test_the_first_tab_leads_past_the_navigation(open_page: Open, path: str) -> None:
    page = open_page(path)
    page.keyboard.press("Tab")
    link = page.locator(".skip-link")
    assert link.evaluate("node => node === document.activeElement")
    assert link.bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.tagName") == "MAIN"


# ---- form


@every_page
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways_but_code(look_at: Open, path: str, width: int) -> None:
    page = look_at(path, width)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        """width => [...document.querySelectorAll('body *')].filter(node => {
            const box = node.getBoundingClientRect();
            return box.width && box.right > width + 1 && node.checkVisibility()
                && getComputedStyle(node).position !== 'fixed' && !node.closest('pre, .table-box, .skip-link, svg');
        }).map(node => node.outerHTML.slice(0, 120))""",
        width,
    )
    assert outside == []


@every_article
def test_code_is_never_broken_inside_a_line(look_at: Open, article: Article) -> None:
    page = look_at(address_of(article), 320)
    styles = page.evaluate(
        "() => [...document.querySelectorAll('main pre, main pre code')].map(n => getComputedStyle(n).whiteSpace)"
    )
    assert set(styles) <= {"pre"}


@every_article
def test_wide_code_scrolls_by_keyboard(open_page: Open, article: Article) -> None:
    page = open_page(address_of(article), 320)
    box = page.locator("pre[tabindex='0']").first
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0")


@every_article
@pytest.mark.parametrize("width", WIDTHS)
def test_the_contents_are_at_hand_at_every_width(look_at: Open, article: Article, width: int) -> None:
    page = look_at(address_of(article), width)
    page.mouse.wheel(0, 2000)
    title, entry = page.locator("#toc-title"), page.locator("#TOC a").nth(3)
    assert title.is_visible()
    if width < 992:
        assert not entry.is_visible()
        closed, words = page.locator("#quarto-margin-sidebar").bounding_box(), title.bounding_box()
        assert closed is not None
        assert words is not None
        assert closed["height"] <= words["height"] + 2, "a line, and no gap below it"
        title.focus()
        page.keyboard.press("Enter")
    entry.click()
    heading = page.locator(f"[id='{(entry.get_attribute('href') or '')[1:]}']").locator("h2, h3").first
    box, bar = heading.bounding_box(), page.locator("#TOC").bounding_box()
    assert box is not None
    assert bar is not None
    assert 0 <= box["y"] < 300
    assert entry.is_visible() == (width >= 992)
    assert width >= 992 or bar["y"] + bar["height"] <= box["y"]


@every_page
def test_lines_are_of_a_length_to_read(look_at: Open, path: str) -> None:
    page = look_at(path)
    lengths = page.evaluate(
        """() => [...document.querySelectorAll('main p')].filter(p => p.checkVisibility()).map(p => {
            const range = document.createRange(); range.selectNodeContents(p);
            const lines = new Set([...range.getClientRects()].map(r => Math.round(r.bottom / 8)));
            return [p.textContent.length, lines.size];
        })"""
    )
    long = [characters / lines for characters, lines in lengths if lines > 2]
    assert all(length <= 85 for length in long), long


def test_the_navigation_stands_in_the_order_in_which_it_is_read(look_at: Open) -> None:
    page = look_at("index.html")
    boxes = [control.bounding_box() for control in page.locator("#quarto-header").locator(CONTROLS).all()]
    starts = [box["x"] for box in boxes if box]
    assert len(starts) > 4
    assert starts == sorted(starts)


BROKEN_WORDS = r"""() => {
    const broken = [], range = document.createRange();
    for (const link of document.querySelectorAll('td a')) {
        const walker = document.createTreeWalker(link, NodeFilter.SHOW_TEXT);
        for (let node; (node = walker.nextNode());)
            for (const word of node.data.matchAll(/\w+/g)) {
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                if (range.getClientRects().length > 1) broken.push(word[0]);
            }
    }
    return broken;
}"""


@pytest.mark.parametrize("width", WIDTHS)
def test_links_in_tables_break_between_words(look_at: Open, width: int) -> None:
    page = look_at("examples.html", width)
    assert page.locator("td a").count() >= 2 * len(SCRIPTS)
    assert page.evaluate(BROKEN_WORDS) == []


def test_a_link_in_a_heading_is_as_bold_as_other_headings(look_at: Open) -> None:
    page = look_at("examples.html")
    weights = page.locator("main *:is(h2, h2 > a)").evaluate_all(
        "found => found.map(e => getComputedStyle(e).fontWeight)"
    )
    assert len(weights) > 1
    assert len(set(weights)) == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_a_cards_words_have_most_of_its_width(look_at: Open, width: int) -> None:
    page = look_at("index.html", width)
    for card in page.locator(".post-card").all():
        outer, inner = card.bounding_box(), card.locator(".listing-description").bounding_box()
        assert outer is not None
        assert inner is not None
        assert inner["width"] > outer["width"] / 2


@every_page
def test_nothing_moves_while_the_page_loads(open_page: Open, path: str) -> None:
    page = open_page(path)
    shift = page.evaluate(
        """() => new Promise(done => {
            let sum = 0;
            const add = entry => { if (!entry.hadRecentInput) sum += entry.value; };
            new PerformanceObserver(list => list.getEntries().forEach(add))
                .observe({type: 'layout-shift', buffered: true});
            setTimeout(() => done(sum), 300);
        })"""
    )
    assert shift < 0.01


@every_page
def test_headings_are_in_order_and_ids_unique(look_at: Open, path: str) -> None:
    page = look_at(path)
    levels = page.evaluate("() => [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => Number(h.tagName[1]))")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map(n => n.id)")
    assert sorted(ids) == sorted(set(ids))
    assert page.locator("img:not([alt])").count() == 0


@every_page
def test_the_html_is_valid(site: Path, path: str) -> None:
    parser = html5lib.HTMLParser()
    parser.parse((site / path).read_text(encoding="utf-8"))
    assert parser.errors == []


# ---- light and dark

PAPER = "() => getComputedStyle(document.body).backgroundColor"


def is_dark(page: Page) -> bool:
    return sum(map(int, re.findall(r"\d+", page.evaluate(PAPER))[:3])) < 384


@pytest.mark.parametrize("theme", THEMES)
def test_the_first_visit_follows_the_system(open_page: Open, theme: str) -> None:
    page = open_page("", color_scheme=theme)
    assert is_dark(page) is (theme == "dark")
    page.emulate_media(color_scheme="dark" if theme == "light" else "light")
    assert is_dark(page) is (theme == "light")


@pytest.mark.parametrize("theme", THEMES)
def test_the_choice_survives_a_reload_and_paints_right_at_once(open_page: Open, theme: str) -> None:
    page = open_page("about.html", color_scheme=theme)
    toggle = page.get_by_role("button", name="Dark mode")
    assert toggle.get_attribute("aria-pressed") == str(theme == "dark").lower()
    toggle.focus()
    page.keyboard.press("Enter")
    assert is_dark(page) is (theme == "light")
    assert toggle.get_attribute("aria-pressed") == str(theme == "light").lower()
    page.add_init_script("""const look = () => requestAnimationFrame(() => {
        if (document.body) window.first = getComputedStyle(document.documentElement).colorScheme;
        else look();  // nothing can be painted yet
    });
    look();""")
    page.reload()
    assert is_dark(page) is (theme == "light")
    assert page.wait_for_function("() => window.first").json_value() == ("dark" if theme == "light" else "light")


# ---- copying


@pytest.mark.parametrize(
    ("article", "cell"), SNIPPETS, ids=[f"{article.slug}-{cell.label}" for article, cell in SNIPPETS]
)
def test_copy_gives_exactly_the_cells_source(look_at: Open, article: Article, cell: Cell) -> None:
    assert copied(look_at(address_of(article)), cell, "^Copy( broken code)?$", "Code copied") == cell.code


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: f"{script.path.parent.name}-{script.path.stem}")
def test_copy_as_script_gives_the_script(look_at: Open, root: Path, script: Script) -> None:
    page = look_at(address_of(script.article))
    text = copied(page, script.cell, "^Copy (as|broken) script$", "Script copied")
    assert text == script.text
    assert text == (root / script.path).read_text(encoding="utf-8"), "which the archive's tests run by itself"


def copied(page: Page, cell: Cell, button: str, said: str) -> str:
    """What a button of a cell copies, once the page has said so."""
    page.evaluate("() => { document.querySelector('.announcement').textContent = '' }")
    page.locator(f"[id='{cell.label}']").get_by_role("button", name=re.compile(button)).press("Enter")
    page.wait_for_function("said => document.querySelector('.announcement').textContent === said", arg=said)
    text: str = page.evaluate("() => navigator.clipboard.readText()")
    return text


@every_article
def test_every_script_can_be_opened_from_its_snippet(open_page: Open, article: Article) -> None:
    page = open_page(address_of(article), java_script_enabled=False)
    links = page.locator("a[data-script]").evaluate_all("links => links.map(link => link.href)")
    mine = [script for script in SCRIPTS if script.article.path == article.path]
    assert len(links) == len(mine)
    for link, script in zip(links, mine, strict=True):
        opened = LexborHTMLParser(page.request.get(link).text())
        assert opened.css_first("main .sourceCode.python code").text() == script.text.rstrip()
        (plain,) = (a.attributes["href"] for a in opened.css("main a") if a.text() == script.path.name)
        assert page.request.get(urljoin(link, plain)).text() == script.text
    page.locator("a[data-script]").first.click()
    assert page.locator("main .sourceCode.python code").text_content() == mine[0].text.rstrip()


# ---- search


def words_of(article: Article) -> list[tuple[str, str]]:
    """A word of the prose, of a snippet and of an output, with the anchor that it is found at."""
    gather = next(cell for cell in article.cells if cell.label == "gather")
    assert "perf_counter" in gather.code
    return [("vegetables", "why-async"), ("handle_errors", "handle-errors"), ("slideshow", "http-requests")]


@pytest.mark.parametrize(("word", "anchor"), words_of(ARTICLES[0]))
@pytest.mark.parametrize("width", [390, 1280])
def test_search_finds_a_word_by_keyboard_and_goes_to_its_place(
    open_page: Open, word: str, anchor: str, width: int
) -> None:
    page = open_page("about.html", width)
    page.keyboard.press("/")
    page.keyboard.type(word)
    page.wait_for_selector("#search-results a")
    for _ in range(page.locator("#search-results a").count()):
        page.keyboard.press("ArrowDown")
        if str(page.evaluate("() => document.activeElement.href")).endswith(f"#{anchor}"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"#{anchor}$"))
    assert page.locator(f"[id='{anchor}']").is_visible()


# ---- the index


def test_the_index_lists_every_article(look_at: Open) -> None:
    page = look_at()
    shown = page.locator(".post-card .listing-title").all_inner_texts()
    assert sorted(shown) == sorted(article.title for article in LISTED)


def test_categories_filter_and_sort_work(open_page: Open) -> None:
    page = open_page("#category=Python")  # else few articles have no such controls
    python = page.get_by_role("button", name=re.compile("^Python"))
    python.press("Enter")
    assert python.get_attribute("aria-pressed") == "true"
    assert page.url.endswith("#category=Python")
    with_python = [article.title for article in LISTED if "Python" in article.metadata["categories"]]
    assert sorted(page.locator(".post-card:visible .listing-title").all_inner_texts()) == sorted(with_python)
    page.get_by_label("Filter").fill("no such article")
    assert page.locator(".post-card:visible").count() == 0
    assert page.locator(".listing-status").inner_text() == f"0 of {len(LISTED)} articles"
    page.get_by_label("Filter").fill("")
    for way, reverse in (("date:desc", True), ("date:asc", False)):
        page.get_by_label("Sort by").select_option(way)
        dates = page.locator(".post-card:visible").evaluate_all("cards => cards.map(card => card.dataset.date)")
        assert dates == sorted(dates, reverse=reverse)


def test_a_category_of_an_article_leads_to_the_index(open_page: Open) -> None:
    page = open_page(address_of(ARTICLES[0]))
    page.locator("#title-block-header .quarto-category a").first.click()
    page.wait_for_url(re.compile("#category="))
    assert page.locator(".categories [aria-pressed=true]").count() == 1


# ---- the rest


def test_the_404_page_works_at_any_depth(open_page: Open) -> None:
    page = open_page("no/such/page/here", expect=["404"])
    assert page.get_by_role("heading", name="Page not found").is_visible()
    page.get_by_role("main").get_by_role("link").first.click()
    page.wait_for_selector(".post-card")


@every_page
def test_everything_can_be_read_without_javascript(look_at: Open, open_page: Open, path: str) -> None:
    with_script = look_at(path)
    without = open_page(path, java_script_enabled=False)
    text = "main :is(h1, h2, h3, p, li, td, pre)"

    def words(page: Page) -> list[str]:
        return [" ".join(t.split()) for t in page.locator(text).all_inner_texts() if t.strip()]

    assert words(without) == words(with_script)
    for hidden in (".theme-toggle", ".search", ".code-copy-button", ".copy-script", ".listing-tools", ".categories"):
        assert not without.locator(hidden).filter(visible=True).count(), f"{hidden} does nothing without JavaScript"


@pytest.mark.parametrize("width", [320, 1280])
def test_the_site_can_be_browsed_without_javascript(open_page: Open, width: int) -> None:
    page = open_page("", width, java_script_enabled=False)
    for name in ("Examples", "About", "Articles"):
        page.get_by_role("navigation", name="Site").get_by_role("link", name=name, exact=True).click()
        page.wait_for_load_state()
    page.locator(".post-card a").first.click()
    assert page.locator("div.cell").count()


@pytest.mark.parametrize("theme", THEMES)
def test_without_javascript_the_system_chooses_light_or_dark(open_page: Open, theme: str) -> None:
    page = open_page("", color_scheme=theme, java_script_enabled=False)
    assert is_dark(page) is (theme == "dark")


# ---- weight


@pytest.mark.parametrize("path", ["index.html", *map(address_of, ARTICLES), *OURS])
def test_a_first_visit_weighs_little(open_page: Open, site: Path, address: str, path: str) -> None:
    page = open_page(path)
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map(entry => entry.name)")
    loaded += page.locator("link[rel=icon]").evaluate_all("links => links.map(link => link.href)")
    files = {site / path, *(site / name.removeprefix(address) for name in loaded if name.startswith(address))}
    weights = {file: len(gzip.compress(file.read_bytes(), 9)) for file in files}
    scripts = sum(weight for file, weight in weights.items() if file.suffix == ".js")
    print(json.dumps({str(file.relative_to(site)): weight for file, weight in weights.items()}))
    assert sum(weights.values()) <= 28_000
    assert scripts <= 8_000
