"""Snippets as editors, in a real browser: with the Python of the site where it matters, else with a stand-in."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.conftest import _Handler, opener, served

BASICS = "posts/async-python-basics/"
HOSTILE = """<div style="color:red" onclick="fail()"></div><img src=x onerror="fail()">
<script>fail()</script><iframe srcdoc="x"></iframe>
<a href="javascript:fail()">link</a><style>body{display:none}</style><form action="/x"><input></form>"""
FIGURE = """<div class="timeline evil" id="timeline-x">HOSTILE
<div class="timeline-pictures"><div class="timeline-view">
<p class="timeline-sentence"><span class="timeline-said">words</span></p>
<div class="timeline-stage">
<svg class="timeline-picture skip-link" width="100%" height="72" role="img"
 aria-labelledby="t" data-seconds="1">
<title id="t">Timeline of x</title><foreignObject><b>no</b></foreignObject><use href="#t"/>
<g class="timeline-lane"><title>main: ran 1 s</title><rect y="0" width="100%" height="44"/>
<text x="0" y="15">main</text></g>
<path class="timeline-run" d="M0 27h500"/></svg></div></div></div>
<details class="timeline-table"><summary>times</summary>
<table><tbody><tr data-depth="1"><td>1</td></tr></tbody></table></details>
<script type="application/json" class="timeline-data">
[{"cell":"gather","seconds":1,"lanes":[[0,1]],"moments":[],"lines":[[0,0,"</code><img src=x onerror=fail()>\\n"]]}]
</script></div>"""
STAND_IN = f"""
postMessage({{type: "progress", what: "Python", loaded: 3500000, total: 7000000}});
setTimeout(() => postMessage({{type: "ready", python: "3.14.2"}}), 50);
onmessage = ({{data}}) => {{
    postMessage({{type: "printed", stream: "stdout", text: "asked: " + JSON.stringify(data) + "\\n", at: 0}});
    if (data.code.includes("hang")) return;
    const [, outcome = "finished"] = data.code.match(/#! (\\w+)/) || [];
    postMessage({{type: "printed", stream: "stdout", text: "</code><img src=x onerror=fail()>\\n", at: 0}});
    postMessage({{type: "done", outcome, error: outcome === "finished" ? "" : "<b>" + outcome + "</b>",
                  figure: {json.dumps(FIGURE)}, seconds: 1}});
}};
"""
"""A worker that answers as ours does, at once and with hostile things."""

Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def _has_runtime(site: Path) -> None:
    if not (site / "live").is_dir():
        pytest.skip("the site was built where the browser's Python could not be fetched, and so without editors")


def stand_in(page: Page, hostile: str = "") -> None:
    """Has a page start the stand-in instead of Python."""
    text = STAND_IN.replace("HOSTILE", json.dumps(hostile)[1:-1])
    page.route(re.compile("/live/.*/worker.js"), lambda route: route.fulfill(body=text, content_type="text/javascript"))


class Editor:
    """A snippet's editor, driven as a reader does."""

    def __init__(self, page: Page, label: str = "gather") -> None:
        self.page, self.cell = page, page.locator(f"[id='{label}']")
        self.area, self.status = self.cell.locator("textarea"), self.cell.locator(".live-status")
        self.results = self.cell.locator(".live-results")

    def button(self, name: str) -> Locator:
        return self.cell.get_by_role("button", name=name, exact=True)

    def open(self) -> Editor:
        self.button("Edit and run").click()
        self.area.wait_for()
        return self

    def run(self, code: str | None = None, until: str = "Finished|Ended") -> str:
        """What the editor says after a run; ``until`` is a pattern of it."""
        if code is not None:
            self.area.fill(code)
        self.button("Run").click()
        expect(self.status).to_have_text(re.compile(until), timeout=30_000)
        return self.status.inner_text()

    def text(self) -> str:
        return self.area.input_value()


def pictures(page: Page, label: str) -> Locator:
    """The timelines of a snippet's runs, on the page and in its editor."""
    name = page.locator("title", has_text=re.compile(f"^Timeline of {label}$"))
    return page.locator("svg.timeline-picture").filter(has=name)


# ---- before the first click


def test_before_a_click_nothing_is_loaded_and_then_little(open_page: Open, site: Path, address: str) -> None:
    page = open_page(BASICS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    stand_in(page)
    page.reload()
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "/live" in url or "editor" in url]
    asked.clear()
    Editor(page).open().run()
    (part,) = (site / url.removeprefix(address) for url in asked if "/editor." in url)
    assert len(gzip.compress(part.read_bytes(), 9)) <= 6_000
    assert {url.partition("/live/")[2].partition("/")[2] for url in asked if "/live/" in url} == {"worker.js"}


def test_a_snippet_has_either_a_button_or_a_reason(open_page: Open) -> None:
    page = open_page(BASICS)
    feet = page.locator(".cell-script")
    assert feet.count() > 20
    assert page.locator(".edit-run").count() == page.locator("[data-runs]").count() > 10
    assert feet.filter(has=page.locator(".edit-run, .runs-not")).count() == feet.count()
    assert feet.filter(has=page.locator(".edit-run")).filter(has=page.locator(".runs-not")).count() == 0
    for reason in page.locator(".runs-not").all():
        assert re.fullmatch(r"(It|This) .+\. Run it on your machine\.", reason.inner_text())
    page.emulate_media(media="print")
    assert page.locator(".edit-run").filter(visible=True).count() == 0
    bare = open_page(BASICS, java_script_enabled=False)
    assert bare.locator(".edit-run").count() == 0
    assert bare.locator(".runs-not").filter(visible=True).count() == 0


# ---- the editor as such

LOOKS = """([labels, part]) => {
    const looks = {};
    for (const label of labels) {
        const cell = document.getElementById(label), within = cell.getBoundingClientRect(), hues = [];
        const scaffold = cell.querySelector(part), box = scaffold.getBoundingClientRect(), {x, y} = box;
        const walker = document.createTreeWalker(scaffold.querySelector('code'), NodeFilter.SHOW_TEXT);
        const range = document.createRange(), node = walker.nextNode();
        range.setStart(node, 0); range.setEnd(node, 1);
        const letter = range.getBoundingClientRect();
        for (let text = node; text; text = walker.nextNode()) {
            const {color, fontStyle, fontWeight} = getComputedStyle(text.parentElement);
            for (const letter of text.data) if (letter.trim()) hues.push(letter + [color, fontStyle, fontWeight]);
        }
        const place = [x - within.x, y - within.y, letter.x - x, letter.y - y, letter.width, letter.height, box.height];
        looks[label] = [place.map(value => Math.round(4 * value)), hues];
    }
    return looks;
}"""
"""Of each snippet, where its code and its first letter are in its cell, and the looks of all letters."""


@pytest.mark.parametrize("path", [BASICS, "posts/task-groups/"])
def test_nothing_jumps_and_every_letter_keeps_its_colour(open_in_both: Open, path: str) -> None:
    page = open_in_both(path)
    stand_in(page)
    labels = page.locator(".cell:has(> [data-runs])").evaluate_all("cells => cells.map(cell => cell.id)")
    assert labels
    before = page.evaluate(LOOKS, [labels, ".code-copy-outer-scaffold"])
    page.locator(".edit-run").evaluate_all("buttons => buttons.forEach(button => button.click())")
    areas = page.locator(".live-code textarea")
    expect(areas).to_have_count(len(labels), timeout=30_000)
    assert page.evaluate(LOOKS, [labels, ".live-code"]) == before
    inside = "areas => areas.map(a => Math.max(a.scrollWidth - a.clientWidth, a.scrollHeight - a.clientHeight))"
    assert max(areas.evaluate_all(inside)) <= 1, "the text lies over its colours, and does not scroll within"
    escape = "new KeyboardEvent('keydown', {key: 'Escape', bubbles: true})"
    areas.evaluate_all(f"areas => areas.forEach(area => area.dispatchEvent({escape}))")
    assert areas.filter(visible=True).count() == 0


def test_the_keyboard_does_all_and_is_never_trapped(open_in_both: Open) -> None:
    page = open_in_both(BASICS)
    stand_in(page)
    editor = Editor(page)
    editor.button("Edit and run").focus()
    page.keyboard.press("Enter")
    editor.area.wait_for()
    focused = "node => node === document.activeElement"
    assert editor.area.evaluate(focused)
    original = editor.text()
    page.keyboard.press("Control+]")
    assert editor.text() == "    " + original
    page.keyboard.press("Control+[")
    assert editor.text() == original
    page.keyboard.press("Control+a")
    page.keyboard.type("if x:\ny = '['  # AltGr")
    assert editor.text() == "if x:\n    y = '['  # AltGr"
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+]")
    assert editor.text() == "    if x:\n        y = '['  # AltGr"
    page.keyboard.press("Control+z")
    assert editor.text() == "if x:\n    y = '['  # AltGr", "what the keys do can be undone"
    page.keyboard.press("Tab")
    assert editor.button("Run").evaluate(focused)
    page.keyboard.press("Shift+Tab")
    assert editor.area.evaluate(focused)
    page.keyboard.press("Control+Enter")
    expect(editor.status).to_have_text("Finished in 1.0 s.")
    page.keyboard.press("Escape")
    assert not editor.area.is_visible()
    assert editor.button("Edit and run").evaluate(focused)
    page.keyboard.press("Enter")
    assert editor.text() == "if x:\n    y = '['  # AltGr"
    editor.button("Reset").click()
    assert editor.text() == original
    assert editor.button("Reset").is_disabled()


def test_what_was_written_stays_on_this_device_until_it_is_thrown_away(open_page: Open) -> None:
    page = open_page(BASICS)
    stand_in(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    editor = Editor(page).open()
    original = editor.text()
    editor.area.fill("print('mine')")
    note = editor.cell.locator(".live-note")
    assert note.inner_text() == "Kept on this device, and nowhere else. Reset throws it away."
    page.goto(page.url.partition("#")[0] + "#gather=print('theirs')")
    page.reload()
    assert Editor(page).open().text() == "print('mine')"
    assert editor.results.inner_text() == "", "nothing runs by itself"
    assert Editor(page, "sequential").open().text() != "print('mine')"
    editor.button("Reset").click()
    assert editor.text() == original
    assert note.inner_text() == ""
    assert page.evaluate("() => localStorage.length") == 0
    assert not [what for what in sent if "mine" in what]
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full') } }")
    editor.area.fill("print('mine')")
    assert note.inner_text().startswith("This browser keeps nothing.")


# ---- what a worker sends


def test_what_a_worker_sends_is_text_or_known_markup(open_page: Open) -> None:
    page = open_page(BASICS, expect=["inline"])  # its parser refuses some of it already
    stand_in(page, HOSTILE)
    editor = Editor(page).open()
    assert editor.run() == "Finished in 1.0 s. Line 1 of the output is not as on this page."
    asked = json.loads(editor.results.locator("code").first.inner_text().split("asked: ")[1].split("\n")[0])
    assert asked["label"] == "gather"
    assert "async def fetch_data" in asked["prelude"]
    assert asked["code"] == editor.text()
    assert asked["program"] is False
    page_scale = pictures(page, "gather").first.get_attribute("data-seconds")
    assert asked["until"] * 1.02 == pytest.approx(float(page_scale or 0), abs=0.001), "that of the page's own picture"
    allowed = "div p strong span details summary table caption thead tbody tr th td svg title desc g rect path text"
    figure = editor.results.locator(".timeline")
    drawn = figure.evaluate(
        """timeline => [timeline, ...timeline.querySelectorAll('*')]
            .filter(node => !node.closest('.timeline-controls, .timeline-lanes'))
            .map(node => [node.localName, node.getAttributeNames(), node.getAttribute('class') || ''])"""
    )
    assert {name for name, _, _ in drawn} <= set(allowed.split())
    names = {name for _, names, _ in drawn for name in names}
    assert not {name for name in names if name.startswith("on") or name in ("style", "href", "src", "srcdoc")}
    classes = " ".join(classes for _, _, classes in drawn).split()
    assert all(name.startswith("timeline") or name == "table-box" for name in classes)
    assert figure.locator("[data-depth]").count() == 1
    ids = page.locator("[id]").evaluate_all("nodes => nodes.map(node => node.id)")
    assert len(ids) == len(set(ids))
    assert editor.results.locator("img, b").count() == 0
    assert "<img src=x" in editor.results.inner_text()
    for outcome, kind in [("raised", "error"), ("deadlock", "trouble"), ("cut", "trouble"), ("unavailable", "trouble")]:
        assert editor.run(f"#! {outcome}").startswith("Ended after 1.0 s.")
        box = editor.results.locator(f".cell-output-{kind}")
        assert f"<b>{outcome}</b>" in box.inner_text()
        assert box.get_by_role("link").count() == (outcome == "unavailable")
    assert box.get_by_role("link").get_attribute("href") == editor.cell.locator("a[data-script]").evaluate(
        "a => a.href"
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_an_open_editor(open_page: Open, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(BASICS, 390 if theme == "dark" else 1280, color_scheme=theme, has_touch=theme == "dark")
    stand_in(page)
    editor = Editor(page).open()
    for code in (None, "#! raised", "#! unavailable"):
        editor.run(code)
        found = Axe().run(page, "[id=gather]").response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == []


@pytest.mark.parametrize(("width", "options"), [
    (320, {"has_touch": True, "is_mobile": True}), (1280, {"forced_colors": "active"}),
    (1280, {"reduced_motion": "reduce"}),
])  # fmt: skip
def test_it_suits_small_screens_forced_colours_and_paper(open_page: Open, width: int, options: dict[str, Any]) -> None:
    page = open_page(BASICS, width, **options)
    stand_in(page)
    editor = Editor(page)
    if "has_touch" in options:
        editor.button("Edit and run").tap()
        editor.area.wait_for()
        assert editor.button("Run").evaluate("node => node === document.activeElement"), "no keyboard covers the code"
    else:
        editor.open()
    editor.run("x = 'a long line' * 3  # " + 100 * "x")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    for name in ("Run", "Stop", "Reset", "Close"):
        box: Any = editor.button(name).bounding_box()
        assert min(box["height"], box["width"]) >= 24, "WCAG 2.5.8"
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    seen = editor.area.evaluate("area => getComputedStyle(area).color")
    assert (seen == "rgba(0, 0, 0, 0)") == ("forced_colors" not in options)
    page.emulate_media(media="print")
    assert editor.cell.get_by_role("button").filter(visible=True).count() == 0


# ---- when something fails


def test_the_editors_own_files_missing_or_broken_give_a_sentence_and_retry(open_page: Open) -> None:
    page = open_page(BASICS, expect=["404", "failed:", "Failed to load", "console:", "error:"])
    stand_in(page)
    editor = Editor(page)
    button = editor.cell.locator("button.edit-run")
    for file in ("**/editor.*.js*", "**/live.*.json"):
        for way in (
            lambda route: route.abort(),
            lambda route: route.fulfill(status=404, body=""),
            lambda route: route.fulfill(body="{ broken", content_type="text/javascript"),
        ):
            page.route(file, way)
            button.click()
            expect(editor.cell.locator(".load-failed")).to_have_text("The editor could not be loaded. ")
            expect(button).to_have_text("Retry")
            page.unroute(file)
    button.click()
    editor.area.wait_for()
    assert editor.cell.locator(".load-failed").count() == 0


def test_what_never_answers_is_given_up_within_half_a_minute(open_page: Open) -> None:
    page = open_page(BASICS, expect=["ERR_FAILED", "failed:"])
    page.clock.install()
    held: list[Any] = []
    page.route("**/editor.*.js*", lambda route: held.append(route))
    editor = Editor(page)
    button = editor.cell.locator("button.edit-run")
    button.click()
    expect(button).to_have_text("Loading …")
    for _ in range(500):
        if held:
            break
        page.wait_for_timeout(20)
    page.clock.run_for(30_000)
    expect(button).to_have_text("Retry")
    held[0].abort()
    page.unroute_all()
    page.route(re.compile("/live/.*/worker.js"), lambda route: route.fulfill(body="//", content_type="text/javascript"))
    button.click()
    editor.area.wait_for()
    editor.button("Run").click()
    page.clock.run_for(30_000)
    expect(editor.status).to_contain_text("Python could not be loaded: nothing has come for 25 seconds.")
    stand_in(page)
    editor.button("Retry").click()
    page.clock.run_for(100)
    expect(editor.status).to_have_text(re.compile("^Finished in 1.0 s."))


class _Faulty(_Handler):  # type: ignore[misc]
    """A host that does something wrong with one file."""

    file, way, asked = "", "", 0

    def do_GET(self) -> None:  # noqa: N802  # as http.server calls it
        if not (self.file and self.path.partition("?")[0].endswith(f"/{self.file}")):
            super().do_GET()
            return
        type(self).asked += 1
        if self.way == "refused":
            self.connection.close()
            return
        if self.way == "missing":
            self.send_error(404)
            return
        content = Path(self.translate_path(self.path)).read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if self.file.endswith("js") else "application/octet-stream")
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if self.way == "cut off" else bytes(len(content)))

    def end_headers(self) -> None:
        if "Cache-Control" not in b"".join(self._headers_buffer).decode():  # type: ignore[attr-defined]
            self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True


@pytest.fixture
def faulty(browser: Browser, site: Path) -> Iterator[tuple[type[_Faulty], Open]]:
    with served(partial(_Faulty, directory=str(site))) as address:
        opening = opener(browser, f"{address}/")
        yield _Faulty, next(opening)
        _Faulty.file = ""
        next(opening, None)


FILES = ("worker.js", "pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "library.zip", "awaited.zip")


def test_each_file_of_python_missing_cut_off_refused_or_wrong_gives_a_sentence_and_retry(
    faulty: tuple[type[_Faulty], Open],
) -> None:
    host, open_faulty = faulty
    page = open_faulty(BASICS, expect=["404", "failed:", "console:", "error:"])
    page.clock.install()
    editor = Editor(page)
    host.file, host.way = FILES[0], "missing"
    editor.open()
    said = re.compile("^Python could not be loaded: .+ Retry$")
    for file in FILES:
        for way in ("missing", "refused", "cut off", "wrong"):
            expect(editor.status).to_have_text(said, timeout=30_000)
            host.file, host.way, host.asked = file, way, 0
            editor.button("Retry").click()
            for _ in range(100):
                page.wait_for_timeout(50)
                if host.asked:
                    break
            assert host.asked, f"{file} was asked for anew"
            if file.endswith(".wasm"):  # Pyodide never says that it could not read this one
                page.wait_for_timeout(300)
                page.clock.fast_forward(25_000)
    expect(editor.status).to_have_text(said, timeout=30_000)
    host.file = ""
    editor.button("Retry").click()
    expect(editor.status).to_have_text("Python 3.14.2 is ready, in your browser", timeout=30_000)
    assert "Same as on this page" in editor.run()


# ---- with the Python of the site


def test_a_run_prints_and_draws_what_the_page_shows_and_what_was_changed(open_in_both: Open) -> None:
    page = open_in_both(BASICS)
    editor = Editor(page).open()
    assert editor.button("Stop").is_disabled()
    editor.button("Run").click()
    expect(editor.results).to_contain_text("Starting API call 1...", timeout=30_000)
    assert "Finished API call" not in editor.results.inner_text(), "lines appear as they are printed"
    expect(editor.status).to_have_text(re.compile(r"^Finished in \d\.\d s\. Same as on this page, times aside\.$"))
    figure = editor.results.locator(".timeline")
    scales = pictures(page, "gather").evaluate_all("all => all.map(svg => svg.dataset.seconds)")
    assert figure.locator("svg[data-seconds]").get_attribute("data-seconds") in scales
    assert figure.locator(".timeline-lane").count() == 4
    figure.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    hidden = "lines => lines.filter(line => getComputedStyle(line).visibility === 'hidden').length"
    assert editor.results.locator(".timeline-printed").evaluate_all(hidden) > 0, "the replay replays these lines"
    figure.locator("[role=option][aria-label*=' line ']").first.focus()
    assert editor.cell.locator(".live-code .timeline-line").count() == 1
    said = editor.run("print(await fetch_data('me', 0.2))\nawait main()")
    assert "this page" not in said
    assert "Finished me" in editor.results.inner_text(), "what is above is defined"
    assert "NameError: name 'main' is not defined" in editor.results.inner_text(), "it was defined here"


def test_what_goes_wrong_is_said_and_what_never_ends_is_stopped(open_page: Open) -> None:
    page = open_page(BASICS)
    editor = Editor(page).open()
    editor.run("import asyncio\n\nasync def f():\n    await asyncio.sleep(0)\n    1 / 0\n\nawait f()")
    error = editor.results.locator(".cell-output-error")
    assert re.search(
        r"line 7, in <module>.*line 5, in f\n +1 / 0\n +~~\^~~\nZeroDivisionError", error.inner_text(), re.S
    )
    assert "runner" not in error.inner_text()
    editor.run("import asyncio\nawait asyncio.Event().wait()")
    trouble = editor.results.locator(".cell-output-trouble")
    assert "every task waits for something that nothing can bring about" in trouble.inner_text()
    for code in ("while True: pass", "import time\nprint('now')\ntime.sleep(600)"):
        expect(editor.status).to_have_text(re.compile("ready|Ended|Stopped"))
        editor.run(code, until=r"Running … [\d.]+ s")
        seconds = page.evaluate(
            """() => {
                const start = performance.now();
                [...document.querySelectorAll('.live button')].find(node => node.textContent === 'Stop').click();
                return (performance.now() - start) / 1000;
            }"""
        )
        assert seconds < 0.1
        assert editor.status.inner_text() == "Stopped."
    editor.run("print('on')")
    assert editor.results.locator(".cell-output-stdout").inner_text().strip() == "on"


@pytest.mark.alone
def test_twenty_thousand_prints_keep_the_page_at_hand(open_page: Open, browser: Browser) -> None:
    page = open_page(BASICS)
    editor = Editor(page).open()
    expect(editor.status).to_have_text(re.compile("ready"), timeout=30_000)
    browser.start_tracing(page=page, categories=["devtools.timeline", "disabled-by-default-devtools.timeline"])
    editor.run("for number in range(20000):\n    print('number', number)")
    events = json.loads(browser.stop_tracing())["traceEvents"]
    pages = {(one["pid"], one["tid"]) for one in events if one.get("args", {}).get("name") == "CrRendererMain"}
    tasks = [one["tdur"] / 1000 for one in events if "tdur" in one and (one["pid"], one["tid"]) in pages]
    print(f"{len(tasks)} tasks, the longest: {max(tasks)} ms")  # of computing, however busy the machine is
    assert max(tasks) <= 120, "50 on a machine that has nothing else to do"
    assert "200 kB" in editor.results.locator(".cell-output-trouble").inner_text()
    box: Any = editor.results.locator(".cell-output-stdout pre").bounding_box()
    assert box["height"] < 600


# ---- the playground


def test_the_playground_is_an_empty_editor_with_the_examples_as_a_menu(open_page: Open, site: Path) -> None:
    page = open_page("playground.html")
    editor = Editor(page, "playground")
    assert editor.text() == ""
    assert editor.status.inner_text() == ""
    menu = editor.cell.get_by_label("Examples")
    groups = menu.locator("optgroup").evaluate_all("groups => groups.map(group => group.label)")
    assert "Async Python Basics: From Coroutines to the Event Loop" in groups or len(groups) > 3
    assert menu.locator("option").count() > 40
    menu.select_option(label="gather")
    script = (site / "examples/async_python_basics/gather.py").read_text(encoding="utf-8")
    expect(editor.area).to_have_value(script)
    editor.run()
    assert "All done in 2." in editor.results.inner_text()
    page.keyboard.press("Escape")
    assert editor.area.is_visible()
    editor.run("import asyncio\n\nasync def main():\n    print('main')\n\nasyncio.run(main())")
    assert editor.results.locator(".cell-output-stdout").inner_text().strip() == "main"
    page.reload()
    expect(editor.area).to_have_value(re.compile("print..main"))
    editor.button("Clear").click()
    assert editor.text() == ""
    assert page.evaluate("() => localStorage.length") == 0
    bare = open_page("playground.html", java_script_enabled=False)
    assert "takes JavaScript" in bare.locator("main").inner_text()
