"""The preview serves the site, builds it again on each change, reloads open pages, and survives errors."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from awaited import preview as module
from awaited.preview import preview, sources
from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.project import Project

pytestmark = pytest.mark.slow

PAGE = "<!DOCTYPE html><title>Home</title>"


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


@dataclass
class Preview:
    """A preview in a thread; what its builds do can be set."""

    project: Project
    stream: io.StringIO = field(default_factory=io.StringIO)
    builds: int = 0
    proofs: int = 0
    error: BaseException | None = None

    def rebuild(self, proves: bool) -> None:
        if self.error:
            raise self.error
        self.proofs += proves
        self.builds += not proves

    def change(self, error: BaseException | None = None) -> None:
        self.error = error
        page, changed = self.project.root / "index.qmd", self.project.root / ".changed"
        changed.write_text(page.read_text() + "more\n")
        os.utime(changed, ns=(time.time_ns(), time.time_ns()))
        changed.replace(page)  # at once: the preview sees one change, however often it looks

    @property
    def url(self) -> str:
        found = re.search(r"preview at (http://127\.0\.0\.1:\d+)/ \(Ctrl-C ends it\)\n", self.stream.getvalue())
        return found[1] if found else ""

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture
def running(project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> Iterator[Preview]:
    monkeypatch.setattr(module, "INTERVAL", 0.01)
    made = project({"index.qmd": "Home\n", "_site/index.html": PAGE, "_site/a/index.html": PAGE, "_site/x.txt": "text"})
    running = Preview(made)
    thread = threading.Thread(target=preview, args=(made, running.rebuild, Progress(running.stream), 0))
    thread.start()
    until(lambda: running.builds)
    yield running
    running.change(KeyboardInterrupt())
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert running.stream.getvalue().endswith("preview ended\n")


def test_pages_are_served_with_the_script_that_reloads_them(running: Preview) -> None:
    for path in ("/", "/index.html", "/a/", "/a", "/?query=1"):
        status, text = running.get(path)
        assert (status, text.startswith(PAGE)) == (200, True)
        (script,) = re.findall(r'<script src="([^"]+)"></script>', text)  # the pages' policy allows no inline script
        assert "EventSource" in running.get(script)[1]
    assert running.get("/x.txt") == (200, "text")


def test_what_is_not_there(running: Preview) -> None:
    assert running.get("/none.html")[0] == 404
    (running.project.site / "404.html").write_text("<p>Not here.")
    status, text = running.get("/none/none.png")
    assert (status, text.startswith("<p>Not here.")) == (404, True)
    assert running.get("/../_quarto.yml")[0] == 404


def test_a_change_builds_again_and_reloads(running: Preview) -> None:
    with urlopen(running.url + module.RELOAD_PATH, timeout=20) as events:
        assert events.headers["Content-Type"] == "text/event-stream"
        running.change()
        assert events.readline() == b"data: built\n"
    assert running.builds == 2


def test_an_error_is_said_and_the_last_good_site_stays(running: Preview) -> None:
    running.change(AwaitedError("no good", "index.qmd", 2))
    until(lambda: "awaited: index.qmd:2: no good\n" in running.stream.getvalue())
    assert running.get("/")[0] == 200
    running.change()
    until(lambda: running.builds == 2)


def test_nothing_is_built_without_a_change(running: Preview) -> None:
    for generated in ("_site/new.html", "_freeze/new.json", ".awaited/new", "examples/new.py"):
        file = running.project.root / generated
        file.parent.mkdir(exist_ok=True)
        file.touch()
    time.sleep(10 * module.INTERVAL)
    assert running.builds == 1


def test_scripts_are_proven_once_when_nothing_changes_any_more(
    running: Preview, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert running.proofs == 0
    monkeypatch.setattr(module, "IDLE", 0.1)
    until(lambda: running.proofs)
    time.sleep(0.3)
    assert (running.builds, running.proofs) == (1, 1)
    running.change()
    until(lambda: running.proofs == 2)
    assert running.builds == 2


def test_sources_are_all_files_that_a_build_may_read(project: Callable[..., Project]) -> None:
    names = ["_quarto.yml", "index.qmd", "posts/_metadata.yml", "posts/a.qmd", "styles.css", "tool/module.py"]
    others = [
        "_site/index.html",
        "_freeze/a.json",
        ".git/HEAD",
        "examples/a.py",
        "tests/test_a.py",
        "__pycache__/a.pyc",
    ]
    made = project(dict.fromkeys([*names[1:], *others], ""))
    (made.root / "dangling").symlink_to("nowhere")
    (made.root / "posts/loop").symlink_to(made.root)
    found = {file.relative_to(made.root).as_posix() for file in sources(made)}
    assert found - {"posts/loop"} == set(names)


def test_the_command_builds_and_ends_with_ctrl_c(
    project: Callable[..., Project], start_preview: Callable[[Project], subprocess.Popen[str]]
) -> None:
    made = project({"index.qmd": "---\ntitle: Hello\n---\n"})
    process = start_preview(made)
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.readline().startswith("preview at http://127.0.0.1:")
        assert "index.html" in process.stdout.readline()
        assert "Hello" in (made.site / "index.html").read_text()
        (made.root / "_quarto.yml").write_text("project: {type: website, output-dir: [\n")
        assert process.stderr.readline().startswith("awaited: _quarto.yml:2: invalid YAML")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "preview ended\n")
