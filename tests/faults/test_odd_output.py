"""What snippets print and leave behind harms neither the page nor the machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from selectolax.lexbor import LexborHTMLParser

from awaited.read.project import Project
from tests.faults.injection import build, left_processes, said, start

PRINTED = {
    "control": ("print('a\\x00b\\x07c\\x1b[31md\\x1b[0me\\x08f\\x9bg\\u2028h')", "abcdfg\u2028h"),
    "bytes": (
        "import os\n\n_ = os.write(1, b'ab\\xff\\xfecd\\n')",
        "ab\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}cd",
    ),
    "markup": (
        "print('</code></pre></div><script>alert(1)</script><img src=x onerror=alert(2)> &amp; ```\\n:::\\n{=html}')",
        "</code></pre></div><script>alert(1)</script><img src=x onerror=alert(2)> &amp; ```\n:::\n{=html}",
    ),
    "line": ("print('x' * 900_000)", "x" * 900_000),
    "bars": ("for n in range(20_000):\n    print(f'\\r{n:05}', end='')", "19999"),
    "nothing": ("x = 1", ""),
}
LEFT = {
    "tasks": "import asyncio\n\ntasks = [asyncio.create_task(asyncio.sleep(60)) for _ in range(3)]",
    "threads": "import threading, time\n\nthreading.Thread(target=time.sleep, args=(60,)).start()",
    "process": "import subprocess\n\nchild = subprocess.Popen(['sleep', '61'])",
    "session": "import subprocess\n\nchild = subprocess.Popen(['sleep', '62'], start_new_session=True, cwd='/')",
    "daemon": (
        'import subprocess, sys\n\ncode = \'import os; os.chdir("/"); os.fork() and os._exit(0); os.setsid(); '
        'os.fork() and os._exit(0); os.execvp("sleep", ["sleep", "63"])\'\n'
        "_ = subprocess.run([sys.executable, '-c', code], check=True)"
    ),
    "pool": "import multiprocessing\n\npool = multiprocessing.get_context('fork').Pool(2)",
}


@dataclass(frozen=True)
class Built:
    """A project whose snippets have printed and left behind all sorts of things."""

    project: Project
    errors: str
    left: list[str]

    def shown(self, page: str) -> str:
        """What stands in the box under a page's snippet."""
        tree = LexborHTMLParser((self.project.site / f"{page}.html").read_text())
        boxes = tree.css("#a .cell-output-stdout")
        assert len(boxes) <= 1
        assert not tree.css("#a script, #a img")
        return boxes[0].text().strip("\n") if boxes else ""


@pytest.fixture(scope="module")
def built(make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Built:
    code = {name: text for name, (text, _) in PRINTED.items()} | {
        name: f"#| example: false\n{text}\nprint('done')"
        for name, text in LEFT.items()  # a script would be waited for
    }
    articles = {
        f"{name}.qmd": f"---\ntitle: {name}\n---\n\n```{{python}}\n#| label: a\n{text}\n```\n"
        for name, text in code.items()
    }
    project = make_project(tmp_path_factory.mktemp("odd"), articles)
    process = start(project)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return Built(project, errors, left_processes(project))


def one(name: str, outcome: str, page: str) -> object:
    return pytest.param(page, id=name, marks=pytest.mark.fault(name, outcome))


@pytest.mark.parametrize(
    "page",
    [
        one("a cell prints control characters and colours", "the page shows the text without them", "control"),
        one(
            "a cell writes bytes that are not UTF-8",
            "the page shows `\N{REPLACEMENT CHARACTER}` in their place",
            "bytes",
        ),
        one("a cell prints HTML, a closing fence and a script", "the page shows them as text", "markup"),
        one("a cell prints a line of 900,000 characters", "the page shows it", "line"),
        one("a cell overwrites a line 20,000 times", "the page shows what is left of it", "bars"),
        one("a cell prints nothing", "the page has no box for it", "nothing"),
    ],
)
def test_what_is_printed_is_shown_as_text(built: Built, page: str) -> None:
    assert built.shown(page) == PRINTED[page][1]
    assert said(built.errors) == ""


@pytest.mark.parametrize(
    "page",
    [
        one("a cell leaves tasks pending", "the page is built; they end with its kernel", "tasks"),
        one("a cell leaves a thread running", "the page is built; it ends with its kernel", "threads"),
        one("a cell leaves a process running", "the page is built; the process is killed", "process"),
        one("a cell leaves a process in a session of its own", "the page is built; the process is killed", "session"),
        one("a cell leaves a daemon behind, its parents gone", "the page is built; the daemon is killed", "daemon"),
        one("a cell leaves a pool of workers", "the page is built; the workers are killed", "pool"),
    ],
)
def test_what_is_left_running_ends(built: Built, page: str) -> None:
    assert built.shown(page) == "done"
    assert built.left == []


def test_the_next_build_has_nothing_to_do(built: Built, capfd: pytest.CaptureFixture[str]) -> None:
    assert build(built.project) == 0
    assert "no cell had to run" in capfd.readouterr().out
