"""No command talks to anything but this machine, and none listens to anything else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from awaited.read.project import Project

BARRED = """\
import ipaddress
import sys


def is_own(host):
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bar(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "localhost"  # else a path, or connected before
        own = is_own(host) and (host != "" or event != "socket.bind")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
        own = is_own(host)
    else:
        return
    if not own:
        with open({log!r}, "a") as log:
            print(event, host, file=log)
        raise OSError("barred")


sys.addaudithook(bar)  # Python has no way to take one off again
"""
ARTICLE = """\
---
title: Trying
---

```{python}
#| label: ask-here
import os
from urllib.request import urlopen

with urlopen(os.environ["HTTPBIN_URL"] + "/status/200") as answer:
    print(answer.status)
```

```{python}
#| label: ask-elsewhere
import socket

for ask in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: socket.create_server(("0.0.0.0", 0)),
):
    try:
        ask()
    except OSError as error:
        print(error)
```
"""
ASKED = ["socket.bind 0.0.0.0", "socket.getaddrinfo 192.0.2.1", "socket.getaddrinfo example.com"]
"""What the cell tries, and its script; more of it would be the tool's own."""

Barred = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def made(make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    config = "project: {type: website, execute-dir: project}\nwebsite: {title: Trial, site-url: 'https://a.example'}\n"
    header = "```{python}\n#| include: false\nfrom awaited import httpbin\n\nhttpbin.serve()\n```\n\n"
    text = ARTICLE.replace("```{python}", header + "```{python}", 1)
    return make_project(tmp_path_factory.mktemp("network"), {"index.qmd": "Home\n", "posts/a.qmd": text}, config)


@pytest.fixture
def barred(made: Project, root: Path, tmp_path: Path, hears_ctrl_c: Callable[[], None]) -> Barred:
    """Starts a command that can reach nothing but this machine; so do all the Pythons below it."""
    (tmp_path / "sitecustomize.py").write_text(BARRED.replace("{log!r}", repr(str(tmp_path / "log"))))

    def start(*words: str, folder: Path = made.root) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "awaited", *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{root}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hears_ctrl_c,
        )

    return start


def log(folder: Path) -> list[str]:
    """What has been tried, in no order: a cell and its script may run at the same time."""
    file = folder / "log"
    return sorted(file.read_text().splitlines()) if file.exists() else []


@pytest.mark.parametrize(
    ("command", "tried"),
    [
        ("tangle", []),
        ("execute --fresh", ASKED),
        ("weave --engine smalldocs", []),
        ("build --engine smalldocs --fresh", sorted(ASKED * 2)),
        ("build --engine smalldocs", []),
        ("prove --fresh", ASKED),
    ],
)
def test_a_command_needs_no_network(barred: Barred, tmp_path: Path, command: str, tried: list[str]) -> None:
    """The commands follow on each other: each finds what the one before has made."""
    process = barred(*command.split())
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, out + errors
    assert log(tmp_path) == tried


def test_a_site_whose_snippets_run_in_the_page_asks_npms_registry_alone(
    barred: Barred, tmp_path: Path, make_project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where that does not answer, the site is whole, but for the buttons."""
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        monkeypatch.delenv(name, raising=False)
    pages = {"index.qmd": "Home\n", "a.qmd": "---\ntitle: A\n---\n\n```{python}\n#| label: one\nprint(1)\n```\n"}
    config = "project: {type: website}\nwebsite: {title: Trial}\nawaited: {live: true}\n"
    project = make_project(tmp_path / "live", {**pages, ".npmrc": "registry=http://npm.example/\n"}, config)
    process = barred("build", "--engine", "smalldocs", folder=project.root)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, out + errors
    assert "note: no snippet can be run in its page: pyodide-" in out + errors
    assert log(tmp_path) == ["socket.getaddrinfo npm.example"]
    assert (project.site / "a.html").is_file()
    assert not (project.site / "live").exists()


def test_the_preview_needs_no_network(barred: Barred, tmp_path: Path) -> None:
    process = barred("preview", "--engine", "smalldocs", "--port", "0")
    try:
        assert process.stdout is not None
        assert "index.html" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert log(tmp_path) == []
