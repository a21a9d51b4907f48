"""The local httpbin answers, keeps quiet, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from awaited import httpbin


def get(url: str) -> dict[str, object]:
    with urlopen(url, timeout=10) as response:
        return json.load(response)


@pytest.mark.parametrize(("path", "key"), [("json", "slideshow"), ("uuid", "uuid"), ("headers", "headers")])
def test_answers_what_the_article_asks_for(path: str, key: str) -> None:
    with httpbin.running() as url:
        assert list(get(f"{url}/{path}")) == [key]


@pytest.mark.parametrize("before", [None, "https://httpbin.example"])
def test_environment_has_the_address_only_while_it_runs(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    monkeypatch.delenv(httpbin.VARIABLE, raising=False)
    if before:
        monkeypatch.setenv(httpbin.VARIABLE, before)
    with httpbin.running() as url:
        assert os.environ[httpbin.VARIABLE] == url
    assert os.environ.get(httpbin.VARIABLE) == before


def test_environment_is_restored_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(httpbin.VARIABLE, raising=False)
    with pytest.raises(KeyError), httpbin.running():
        raise KeyError
    assert httpbin.VARIABLE not in os.environ


def test_nothing_runs_on_after_the_block() -> None:
    threads = threading.active_count()
    with httpbin.running() as url:
        get(f"{url}/uuid")
    assert threading.active_count() == threads
    with pytest.raises(URLError):
        get(f"{url}/uuid")


def test_two_can_run_at_once() -> None:
    with httpbin.running() as one, httpbin.running() as two:
        assert one != two
        assert get(f"{one}/uuid") != get(f"{two}/uuid")


def test_requests_are_answered_at_the_same_time() -> None:
    with httpbin.running() as url, ThreadPoolExecutor() as pool:
        start = time.perf_counter()
        list(pool.map(get, [f"{url}/delay/1"] * 3))
        assert time.perf_counter() - start < 2


def test_serve_reuses_its_server_and_writes_nothing() -> None:
    program = """
import os
from urllib.request import urlopen
from awaited import httpbin
first = httpbin.serve()
os.environ.pop("HTTPBIN_URL")
assert httpbin.serve() == first == os.environ["HTTPBIN_URL"], first
urlopen(first + "/uuid", timeout=10).read()
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
