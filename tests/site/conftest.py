"""A real browser for the tests of the site, and a server on 127.0.0.1 that shows it."""

from __future__ import annotations

import contextlib
import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

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
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=installed)
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
    name = {"Chromium": "browser", "Firefox": "firefox"}[request.param]
    yield from opener(request.getfixturevalue(name), address)


def opener(browser: Browser, address: str) -> Iterator[Open]:
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_page(path: str = "", width: int = 1280, height: int = 900, **options: Any) -> Page:
        expected: list[str] = options.pop("expect", [])
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        if options.get("java_script_enabled", True):
            if browser.browser_type.name == "chromium":
                context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address.rstrip("/"))
            report = "event => console.error('CSP', event.violatedDirective, event.blockedURI)"
            context.add_init_script(f"addEventListener('securitypolicyviolation', {report})")
        page = context.new_page()
        page.on("console", lambda message: note(f"console: {message.text}", expected))
        page.on("pageerror", lambda error: note(f"error: {error}", expected))
        page.on(
            "requestfailed",
            lambda request: note(f"failed: {request.url}", expected) if request.failure != "net::ERR_ABORTED" else None,
        )  # what the next page cut off has not failed
        page.on("request", lambda request: check_origin(request.url))
        page.on("response", lambda response: note(f"{response.status}: {response.url}", expected)
                if response.status >= 400 else None)  # fmt: skip
        page.goto(address + path)
        if options.get("java_script_enabled", True) and page.locator(".playground").count():
            page.wait_for_selector(".playground > .live")
        return page

    def note(what: str, expected: list[str]) -> None:
        if not any(words in what for words in expected):
            wrong.append(what)

    def check_origin(url: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            wrong.append(f"foreign: {url}")

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong
