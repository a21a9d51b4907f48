"""What changes a thing that a script needs, and what only shows it."""

from __future__ import annotations

import pytest

from tests.awaited.tangle.cells import body


@pytest.mark.parametrize(
    ("setup", "statement", "use"),
    [
        ("results = []", "results.append(1)", "results"),
        ("d = {}", 'd["k"] = 1', "d"),
        ("d = {}\ne = d", 'e["k"] = 1', "d"),
        ("d = {}\nkept = [d]", 'kept[0]["k"] = 1', "d"),
        ("class C: pass\nobj = C()", "obj.attr = 2", "obj"),
        ("a = b = []", "a.append(1)", "b"),
        ("a, b = [], []\nc = a or b", "c.append(1)", "b"),
        ("a = []\nb = {'k': [v for v in [a] if v is not None]}", "b['k'][0].append(1)", "a"),
        ("x = []\nclass Add:\n    def __call__(self):\n        x.append(1)\nadd = Add()", "add()", "x"),
        ("def add(*items, **named):\n    items[0].append(named)\nx = []\ny = [x]", "add(*y, k=1)", "x"),
        (
            "x = []\ndef outer():\n    y = None\n    def inner():\n        nonlocal y\n        y = x\n    inner()\n"
            "    y.append(1)",
            "outer()",
            "x",
        ),
        ("x = [1]", "while len(x) < 3: x.append(1)", "x"),
        ("x = [1]", "assert x.pop()", "x"),
        ("async def f(): ...\ncoroutine = f()", "await coroutine", "coroutine"),
        ("class C: pass", "C.total = 2", "C()"),
        ("import random", "random.seed(1)", "random.random()"),
        ("import random", "from random import seed\nseed(1)", "random.random()"),
        ("import asyncio", "loop = asyncio.get_running_loop()\nloop.set_debug(True)", "asyncio.sleep(1)"),
        ("import asyncio", "asyncio.get_running_loop().set_debug(True)", "asyncio.sleep(1)"),
        ("import os", 'os.environ["KEY"] = "x"', "os.getcwd()"),
        ("import logging", "logging.basicConfig(level=10)", "logging.root"),
        ("import heapq\nheap = [2, 1]", "heapq.heapify(heap)", "heap"),
        ("import heapq\nheap = [2, 1]", "smallest = heapq.heappop(heap)", "heap"),
        ("from elsewhere import f\nx = [1]", "f(x)", "x"),
        ("x = [1, 2]", "del x[0]", "x"),
        ("x = [1, 2]\nit = iter(x)", "next(it)", "it"),
        ("x = [1, 2]\nit = (v for v in x)", "for v in it: break", "it"),
        ("def fill(items):\n    items.append(1)\nx = []", "fill(x)", "x"),
        ("def fill(items):\n    add = items.append\n    add(1)\nx = []", "fill(x)", "x"),
        ("x = []\ndef fill():\n    x.append(1)", "fill()", "x"),
        ("x = []\nasync def fill():\n    x.append(1)\nasync def main():\n    await fill()", "await main()", "x"),
        ("n = 0\ndef count():\n    global n\n    n += 1", "count()", "n"),
        ("def count():\n    global n\n    n = 1", "count()", "n"),
        ("x = []\nasync def fill():\n    x.append(1)", "import asyncio\nawait asyncio.gather(fill(), fill())", "x"),
        ("x = []\ndef fill():\n    x.append(1)", "import asyncio\nawait asyncio.to_thread(fill)", "x"),
        ("import functools\nx = []\nadd = functools.partial(x.append, 1)", "add()", "x"),
        (
            "class Box:\n    def __init__(self):\n        self.items = []\n    def put(self):\n"
            "        self.items.append(1)\nbox = Box()",
            "box.put()",
            "box",
        ),
        ("x = []\nclass Box:\n    def __init__(self):\n        x.append(self)", "Box()", "x"),
        ("x = []", "(lambda: x.append(1))()", "x"),
        ("x = []\nhandlers = [lambda: x.append(1)]", "for handler in handlers: handler()", "x"),
        (
            "def make():\n    seen = []\n    def see(v):\n        seen.append(v)\n        return len(seen)\n"
            "    return see\nsee = make()",
            "see(1)",
            "see",
        ),
        ("import functools\n@functools.cache\ndef f():\n    return 1", "f()", "f()"),
        ("app = {}\ndef register(f):\n    app[f.__name__] = f\n    return f", "@register\ndef page(): ...", "app"),
        ("import asyncio\nasync def f(): ...\ntask = asyncio.create_task(f())", "await asyncio.sleep(0)", "task"),
        ("import asyncio\nqueue = asyncio.Queue()", "item = await queue.get()", "queue"),
        ("def tree(n, into):\n    into.append(n)\n    if n:\n        tree(n - 1, into)\nx = []", "tree(3, x)", "x"),
    ],
)
def test_what_changes_a_needed_thing_is_needed(setup: str, statement: str, use: str) -> None:
    text = body(f"{setup}\n---\n{statement}\n---\nprint({use})")
    assert statement.splitlines()[-1].strip() in text


@pytest.mark.parametrize(
    ("setup", "statement", "use"),
    [
        ("x = [1]", "print(x)", "x"),
        ("x = [1]", "print(len(x), sorted(x), max(x))", "x"),
        ("x = [1]", "for v in x:\n    print(v)", "x"),
        ("d = {}", 'print(d.get("k"), d.items(), list(d))', "d"),
        ("async def main():\n    print(1)", "await main()", "main"),
        (
            "import asyncio\nasync def fetch(n):\n    await asyncio.sleep(0)\n    return n",
            "result = await fetch(1)",
            "fetch",
        ),
        (
            "import asyncio\nasync def fetch(n):\n    await asyncio.sleep(0)\n    return n",
            "await asyncio.gather(fetch(1), fetch(2))",
            "fetch",
        ),
        ("async def show(items):\n    for item in items:\n        print(item)\nx = []", "await show(x)", "x"),
        ("def fill():\n    items = []\n    items.append(1)\n    return items\nx = []", "fill()", "x"),
        ("import time", "start = time.perf_counter()", "time"),
        ("import asyncio", "await asyncio.sleep(0.1)", "asyncio"),
        ("import gc", "gc.collect()", "gc"),
        ("import json\nd = {}", "print(json.dumps(d))", "d"),
        (
            "class Box:\n    def __init__(self, items):\n        self.items = items\n    def size(self):\n"
            "        return len(self.items)\nbox = Box([])",
            "box.size()",
            "box",
        ),
        ("import logging\nlog = logging.getLogger()", 'log.info("x")', "log"),
        ("x = []\ny = []", "y.append(1)", "x"),
        ("x = []\ny = list(x)", "y.append(1)", "x"),
        ("import asyncio\nlock = asyncio.Lock()", "async with lock:\n    print(1)", "lock"),
        (
            "import aiohttp\nurls = ['a']\nasync def fetch(session, url):\n    async with session.get(url) as r:\n"
            "        return await r.text()\nasync def fetch_all(urls):\n"
            "    async with aiohttp.ClientSession() as session:\n"
            "        return [await fetch(session, url) for url in urls]",
            "pages = await fetch_all(urls)",
            "urls",
        ),
        ("def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)", "fib(5)", "fib"),
    ],
)
def test_what_only_shows_is_not_needed(setup: str, statement: str, use: str) -> None:
    text = body(f"{setup}\n---\n{statement}\n---\nprint({use})")
    assert statement.splitlines()[-1].strip() not in text.replace(f"print({use})", "", 1)
