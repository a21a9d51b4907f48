"""A real browser for the tests of the site, and a server on 127.0.0.1 that shows it."""

from __future__ import annotations

import contextlib
import http.server
import importlib.resources
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, sync_playwright

from awaited.live.machine import BROWSERS

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ONE_PROCESS: dict[str, str | float | bool] = {
    "fission.autostart": False,
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "dom.ipc.keepProcessesAlive.web": 1,
}
"""What has Firefox show all pages in one process, for to start another takes as long as the page."""
NO_BROWSER = (
    "no browser was found: install Chromium or Chrome (on Debian: apt-get install chromium), "
    "or leave these tests out with BROWSER=none"
)


def find_browser(playwright: Playwright) -> str:
    """The browser to test in: an installed one, else Debian's, else Playwright's own; fails where none can be had."""
    named = os.environ.get("BROWSER_PATH")
    installed = named or next(filter(None, map(shutil.which, BROWSERS)), None)
    if installed is None and shutil.which("apt-get") and os.geteuid() == 0:
        installed = _install()
    if installed is None and not Path(playwright.chromium.executable_path).exists():
        subprocess.run(["python", "-m", "playwright", "install", "chromium"], capture_output=True)
    own = playwright.chromium.executable_path
    installed = installed or (own if Path(own).exists() else None)
    if installed is None:
        pytest.fail(NO_BROWSER, pytrace=False)
    return installed


def _install() -> str | None:
    """A browser from Debian; the first has no window to draw, so that a page costs a third."""
    for command in (["update"], *(["install", "-y", "--no-install-recommends", name] for name in BROWSERS[:2])):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", *command], env=environment, capture_output=True)
        if found := next(filter(None, map(shutil.which, BROWSERS)), None):
            return found
    return None


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if os.environ.get("BROWSER") == "none":
        pytest.skip("BROWSER=none")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=find_browser(playwright), args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(playwright: Playwright) -> Iterator[Browser]:
    """The Firefox of the machine, driven by WebDriver BiDi as it is; Playwright's own would be a patched one."""
    installed = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
    if installed is None:
        pytest.skip("no Firefox was found: install it (on Debian: apt-get install firefox-esr)")
    browser = playwright.firefox.launch(
        channel="moz-firefox", executable_path=installed, firefox_user_prefs=ONE_PROCESS
    )
    yield browser
    browser.close()


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site as a host does: an address that is not there gets the 404 page, at any depth."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def served(handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server, while it runs."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served, with a slash at its end."""
    with served(partial(_Handler, directory=str(site))) as address:
        yield f"{address}/"


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Opens a page of the site; the test fails for any console message, failed or foreign request, or CSP report."""
    yield from opener(browser, address)


@pytest.fixture(params=["Chromium", "Firefox"])
def open_in_both(request: pytest.FixtureRequest, address: str) -> Iterator[Open]:
    """The same, in each of two browsers."""
    yield from opener(request.getfixturevalue(BROWSER_OF[request.param]), address)


def opener(browser: Browser, address: str) -> Iterator[Open]:
    pages = Pages(browser, address)
    yield pages.open
    pages.close()
    assert not pages.wrong


@pytest.fixture
def look_at(views: Callable[[str], Pages]) -> Iterator[Open]:
    """Shows a page to a test that only looks: the one that the test before has looked at, where it is the same.

    The test leaves the page as it was, but for what is scrolled and has the focus.
    """
    yield from viewer(views("browser"))


@pytest.fixture(params=["Chromium", "Firefox"])
def look_at_in_both(request: pytest.FixtureRequest, views: Callable[[str], Pages]) -> Iterator[Open]:
    """The same, in each of two browsers."""
    yield from viewer(views(BROWSER_OF[request.param]))


def viewer(pages: Pages) -> Iterator[Open]:
    yield pages.look_at
    wrong, pages.wrong = pages.wrong, []
    assert not wrong


@pytest.fixture(scope="session")
def views(request: pytest.FixtureRequest, address: str) -> Callable[[str], Pages]:
    """Where tests look at pages in a browser, by the name of its fixture; it closes with it."""
    return cache(lambda name: Pages(request.getfixturevalue(name), address))


BROWSER_OF = {"Chromium": "browser", "Firefox": "firefox"}
REPORT = """addEventListener('securitypolicyviolation',
    event => console.error('CSP', event.violatedDirective, event.blockedURI))"""
CALM = """() => {
    document.querySelector('.search input').value = '';
    document.querySelector('#search-results').hidden = true;
    document.activeElement.blur();
    scrollTo({top: 0, behavior: 'instant'});
    localStorage.clear();
}"""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Until the page's script has seen what was changed: what scrolls at another width can have the focus."""
EVERYTHING = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
}
"""The rules of axe that our pages keep."""


class Pages:
    """Pages of the site in a browser, and in ``wrong`` what went wrong in them."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.contexts: list[BrowserContext] = []
        self.shown: tuple[Page, str, dict[str, str]] | None = None
        self.wrong: list[str] = []

    def open(self, path: str = "", width: int = 1280, height: int = 900, **options: Any) -> Page:
        """A page of its own; ``expect`` are words of what may go wrong, other options are the context's."""
        expected: list[str] = options.pop("expect", [])
        has_script = options.get("java_script_enabled", True)
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        self.contexts.append(context)
        if has_script:
            if self.browser.browser_type.name == "chromium":
                origin = self.address.rstrip("/")
                context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
            context.add_init_script(REPORT)
        page = context.new_page()
        self._listen(page, expected)
        self._go(page, path, has_script)
        return page

    def look_at(self, path: str = "", width: int = 1280, height: int = 900, **media: str) -> Page:
        """A page that stays open for others to look at; ``media`` are arguments of Playwright's ``emulate_media``."""
        page, at, lit = self.shown or (self.open(path, width, height), path, {})
        if page.viewport_size != (size := ViewportSize(width=width, height=height)):
            page.set_viewport_size(size)
            page.evaluate(DRAWN)
        if lit != media:
            page.emulate_media(**{**dict.fromkeys(lit, "null"), **media})
        page.evaluate(CALM)
        if at != path:
            self._go(page, path)
        self.shown = page, path, media
        return page

    def _go(self, page: Page, path: str, has_script: bool = True) -> None:
        page.goto(self.address + path)
        if has_script and page.locator(".playground").count():
            page.wait_for_selector(".playground > .live")

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def _listen(self, page: Page, expected: list[str]) -> None:
        def note(what: str) -> None:
            if not any(words in what for words in expected):
                self.wrong.append(what)

        page.on("console", lambda message: note(f"console: {message.text}"))
        page.on("pageerror", lambda error: note(f"error: {error}"))
        page.on(
            "requestfailed",
            lambda request: note(f"failed: {request.url}") if request.failure != "net::ERR_ABORTED" else None,
        )  # what the next page cut off has not failed
        page.on("response", lambda response: note(f"{response.status}: {response.url}")
                if response.status >= 400 else None)  # fmt: skip
        page.on("request", lambda request: self._check_origin(request.url))

    def _check_origin(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.wrong.append(f"foreign: {url}")


def violations(page: Page, run_only: dict[str, Any] = EVERYTHING) -> list[tuple[Any, ...]]:
    """What axe finds wrong on a page: the rule, where, and how to mend it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate((importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    options = {"runOnly": run_only, "resultTypes": ["violations"], "preload": False}  # sounds, of which we have none
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        (rule["id"], node["target"], node["failureSummary"]) for rule in found["violations"] for node in rule["nodes"]
    ]
