"""Measures what running snippets in a page costs: the worker alone, on a page of its own, in Chromium.

Run it: python bench/live.py
"""

from __future__ import annotations

import gzip
import http.server
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from awaited.live import files, machine  # noqa: E402
from awaited.live.chromium import TYPES  # noqa: E402
from awaited.live.files import Runtime  # noqa: E402
from awaited.read.project import load  # noqa: E402

MEGABYTE = 1_000_000
SLOW = 10 * MEGABYTE / 8, 0.05
"""A slow connection: bytes in a second, and seconds of delay."""
PROGRAMS = {
    "nothing": "print(1)",
    "lines": "import time\nfor n in range(20):\n    print(n)\n    time.sleep(0.05)",
    "flood": "for n in range(20_000):\n    print(n)",
    "endless": "while True:\n    pass",
    "second": """
import asyncio, time
start = time.perf_counter()
await asyncio.gather(*(asyncio.sleep(1) for _ in range(9)))
print(time.perf_counter() - start)
""",
    "drawing": """
import asyncio, time
from awaited import timeline
from awaited.timeline.drawing import page
async def main(): await asyncio.gather(*(asyncio.sleep(n / 1000) for n in range(23)))
with timeline.record() as run:
    await main()
start = time.perf_counter()
page.figure([run])
print(time.perf_counter() - start)
""",
}
PAGE = """
async function start() {
  const begun = performance.now(), worker = new Worker("/worker.js", { type: "module" });
  await new Promise((ok, fail) => { worker.onmessage = ({ data }) => {
    if (data.type === "ready") ok(); if (data.type === "failed") fail(data.why); } });
  return { worker, ready: performance.now() - begun, begun };
}
async function run(worker, code) {
  const begun = performance.now(), printed = [];
  let last = begun, gap = 0, isOver = false;
  const channel = new MessageChannel(); // comes as often as the main thread is free
  channel.port1.onmessage = () => { const now = performance.now(); gap = Math.max(gap, now - last); last = now;
    if (!isOver) setTimeout(() => channel.port2.postMessage(0)); };
  channel.port2.postMessage(0);
  const done = await new Promise((ok) => { worker.onmessage = ({ data }) => {
    if (data.type === "printed") printed.push([performance.now() - begun, data.at * 1000, data.text]);
    if (data.type === "done") ok(data); };
    worker.postMessage({ type: "run", code, label: "bench" }); });
  isOver = true;
  return { printed, gap, outcome: done.outcome, seconds: done.seconds };
}
"""


class _Files(http.server.BaseHTTPRequestHandler):
    """Serves the files compressed, as a static host does, and as fast as is wanted."""

    protocol_version = "HTTP/1.1"
    packed: dict[str, bytes] = {}  # noqa: RUF012
    speed: tuple[float, float] | None = None
    line = threading.Lock()
    """One line for all connections: what is sent on one, the others wait for."""

    def do_GET(self) -> None:
        name = self.path.strip("/")
        data = self.packed.get(name, gzip.compress(f"<!doctype html><script>{PAGE}</script>".encode()))
        self.send_response(200)
        self.send_header("Content-Type", TYPES.get(Path(name).suffix, "text/html"))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        if self.speed:
            time.sleep(self.speed[1])
        for start in range(0, len(data), 16_384):
            part = data[start : start + 16_384]
            if self.speed:
                with self.line:
                    time.sleep(len(part) / self.speed[0])
            self.wfile.write(part)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(runtime: Runtime) -> Iterator[str]:
    """The address of a page that can start the worker."""
    _Files.packed = {name: gzip.compress(data, 9) for name, data in runtime.files.items()}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def first_line(page: Page) -> float:
    """Seconds until a page that has just been opened shows the first line of a run."""
    return float(page.evaluate(
        "async (code) => { const begun = performance.now(), { worker } = await start();"
        " const { printed } = await run(worker, code); worker.terminate(); return performance.now() - begun; }",
        PROGRAMS["nothing"],
    )) / 1000  # fmt: skip


def opened(browser: Browser, address: str) -> Page:
    """A page of a browser that has cached nothing."""
    page = browser.new_context().new_page()
    page.goto(address)
    return page


def starts(browser: Browser, address: str, rounds: int) -> dict[str, float]:
    """The seconds to the first line: with nothing cached, with all, and over a slow connection."""
    cold, warm, slow = [], [], []
    for _ in range(rounds):
        page = opened(browser, address)
        cold.append(first_line(page))
        page.goto(address)
        warm.append(first_line(page))
        page.context.close()
    _Files.speed = SLOW
    page = opened(browser, address)
    slow.append(first_line(page))
    page.context.close()
    _Files.speed = None
    return {"cold": statistics.median(cold), "warm": statistics.median(warm), "slow": slow[0]}


def in_fresh(page: Page, name: str) -> Any:
    """What a program gives in a worker that is ready and has run nothing."""
    return page.evaluate(
        "async (code) => { const { worker } = await start(), done = await run(worker, code);"
        " worker.terminate(); return done; }",
        PROGRAMS[name],
    )


def stopping(page: Page) -> tuple[float, float]:
    """Milliseconds that it takes to stop an endless loop, and until the next run's first line with a new worker."""
    stop, after = page.evaluate(
        "async ([endless, nothing]) => { const { worker } = await start(); run(worker, endless);"
        " await new Promise((ok) => setTimeout(ok, 300)); const begun = performance.now(); worker.terminate();"
        " const stopped = performance.now(), next = (await start()).worker; await run(next, nothing);"
        " next.terminate(); return [stopped - begun, performance.now() - stopped]; }",
        [PROGRAMS["endless"], PROGRAMS["nothing"]],
    )
    return float(stop), float(after)


def memory(page: Page) -> float:
    """Megabytes that the processes of pages hold for themselves, with one worker that is ready."""
    page.evaluate("async () => { window.kept = (await start()).worker; }")
    processes = [process for process in psutil.Process().children(recursive=True) if _is_renderer(process)]
    return max(float(process.memory_full_info().uss) for process in processes) / MEGABYTE


def _is_renderer(process: psutil.Process) -> bool:
    try:
        return "--type=renderer" in process.cmdline()
    except psutil.Error:
        return False


def measure(rounds: int, say: Callable[[str], None]) -> list[tuple[str, float, float, str]]:
    """What was measured: a name, a value, its limit, the unit."""
    runtime = files.prepare(load(ROOT))
    size = sum(len(gzip.compress(data, 9)) for name, data in runtime.files.items() if not name.endswith(".txt"))
    rows: list[tuple[str, float, float, str]] = [("All files, compressed", size / MEGABYTE, 6.5, " MB")]
    with served(runtime) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.browser())
        say("the first line")
        first = starts(browser, address, rounds)
        rows += [
            ("First line, nothing cached", first["cold"], 4, " s"),
            ("First line, files cached", first["warm"], 2.5, " s"),
            ("First line, 10 Mbit/s and 50 ms", first["slow"], 9, " s"),
        ]
        say("runs")
        page = opened(browser, address)
        nothing, lines, flood = (in_fresh(page, name) for name in ("nothing", "lines", "flood"))
        seconds, drawing = (float(in_fresh(page, name)["printed"][-1][2]) for name in ("second", "drawing"))
        late = max(seen - at for seen, at, _ in lines["printed"])
        stopped, after = stopping(page)
        rows += [
            ("Run with a worker ready: first line", nothing["printed"][0][0], 200, " ms"),
            ("A line is seen after its `print`", late, 100, " ms"),
            ("20,000 prints: longest gap of the main thread", flood["gap"], 50, " ms"),
            ("20,000 prints: messages", len(flood["printed"]), 200, ""),
            ("Nine sleeps of 1 s at once, beyond 1 s", seconds - 1, 0.05, " s"),
            ("Drawing 24 lanes", drawing * 1000, 50, " ms"),
            ("Stop in `while True: pass`", stopped, 100, " ms"),
            ("The next run's first line, no worker ready", after / 1000, 2.5, " s"),
        ]
        page.context.close()  # what it has run is no part of what one worker takes
        rows.append(("Memory of a page with one worker", memory(opened(browser, address)), 300, " MB"))
        browser.close()
    return rows


if __name__ == "__main__":
    for name, value, limit, unit in measure(3, lambda said: print(f"{said} …", file=sys.stderr)):
        print(f"{name:<50} {value:8.2f}{unit:<3} of {limit:g}{unit}{'' if value <= limit else '  MISSED'}")
