"""From cells to scripts: what a script holds, how it is laid out, and what stands in ``examples/``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from awaited.read.cells import Article, AwaitedError, parse
from awaited.read.project import Project, load
from awaited.tangle.scripts import Script, drift, run, tangle, tangle_project, write

ROOT = Path(__file__).parents[3]
SITE = Project(Path(__file__).parent, {"website": {"site-url": "https://awaited.example/"}})
NEEDS_312 = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")


def article(text: str, path: str = "posts/async-basics/index.qmd") -> Article:
    """An article from cells that a line of dashes parts; those without options get a label: ``cell-1``, ``cell-2``…"""
    cells = []
    for number, code in enumerate(dedent(text).strip("\n").split("\n---\n"), 1):
        options = "" if code.startswith("#|") else f"#| label: cell-{number}\n"
        cells.append(f"```{{python}}\n{options}{code}\n```\n")
    return parse("# Basics\n\n" + "\n".join(cells), Path(path))


def scripts(text: str, project: Project = SITE) -> list[Script]:
    return list(tangle(article(text), project).values())


def body(text: str) -> str:
    """The script of the last cell, below its docstring."""
    return scripts(text)[-1].text.split('"""\n', 1)[1].strip("\n")


def code(text: str) -> str:
    return dedent(text).strip("\n")


# --- What a cell needs ------------------------------------------------------------------------------------------------

NEEDS = {
    "only the imports that are read": (
        """
        import asyncio
        import json, time
        from pathlib import Path, PurePath as Pure
        ---
        print(time.strftime("%Y"), Pure("a"))
        """,
        """
        import time
        from pathlib import PurePath as Pure


        def main() -> None:
            print(time.strftime("%Y"), Pure("a"))


        if __name__ == "__main__":
            main()
        """,
    ),
    "functions with all that they read, in their order": (
        """
        LIMIT = 3
        OTHER = 4
        def helper(value):
            return value * LIMIT
        ---
        def unneeded():
            pass

        def double(value, times=2):
            return helper(value) * times
        ---
        result = double(1)
        """,
        """
        LIMIT = 3


        def helper(value):
            return value * LIMIT


        def double(value, times=2):
            return helper(value) * times


        def main() -> None:
            result = double(1)  # noqa: F841


        if __name__ == "__main__":
            main()
        """,
    ),
    "decorators, defaults, annotations and base classes": (
        """
        import abc
        def decorate(function):
            return function
        DEFAULT = 1
        class Kind:
            pass
        class Base(abc.ABC):
            pass
        ---
        @decorate
        def function(value: Kind = DEFAULT) -> "Base":
            return value
        """,
        """
        import abc


        def decorate(function):
            return function


        DEFAULT = 1


        class Kind:
            pass


        class Base(abc.ABC):
            pass


        @decorate
        def function(value: Kind = DEFAULT) -> "Base":
            return value
        """,
    ),
    "the future of annotations, where there is one": (
        """
        from __future__ import annotations
        from collections.abc import Iterable
        ---
        def total(values: Iterable[int]) -> int:
            return sum(values)
        """,
        """
        from __future__ import annotations

        from collections.abc import Iterable


        def total(values: Iterable[int]) -> int:
            return sum(values)
        """,
    ),
    "no future where nothing is annotated": (
        """
        from __future__ import annotations
        ---
        x = 1
        """,
        "x = 1",
    ),
    "the definition in force": (
        """
        x = 1
        ---
        x = 2
        ---
        y = x
        ---
        x = 3
        ---
        z = y
        """,
        """
        x = 2

        y = x

        z = y
        """,
    ),
    "a function sees what its names stand for when it is called": (
        """
        rate = 1
        def price():
            return rate
        ---
        rate = 2
        ---
        print(price())
        """,
        """
        def price():
            return rate


        rate = 2


        def main() -> None:
            print(price())


        if __name__ == "__main__":
            main()
        """,
    ),
    "both definitions where the function was called before": (
        """
        rate = 1
        def price():
            return rate
        before = price()
        rate = 2
        ---
        now = [before, price()]
        """,
        """
        rate = 1


        def price():
            return rate


        def main() -> None:
            global rate
            before = price()
            rate = 2

            now = [before, price()]  # noqa: F841


        if __name__ == "__main__":
            main()
        """,
    ),
    "augmented assignments": ("x = 1\nx += 1\ny = 1\n---\nz = x", "x = 1\nx += 1\n\nz = x"),
    "a walrus in a comprehension binds the module's name": (
        "values = [1, 2]\nsums = [last := value for value in values]\nunneeded = 1\n---\nprint(last)",
        """
        values = [1, 2]
        sums = [last := value for value in values]


        def main() -> None:
            print(last)


        if __name__ == "__main__":
            main()
        """,
    ),
    "a comprehension's own names are its own": (
        "n = 1\n---\nsquares = [n * n for n in range(3)]",
        "squares = [n * n for n in range(3)]",
    ),
    "captures of a match, targets of loops, with and except": (
        """
        point = (1, 2)
        match point:
            case (first, *rest):
                pass
        for index in range(3):
            pass
        with open("/dev/null") as file:
            pass
        try:
            total = 1
        except* ValueError as group:
            total = 2
        (a, [b, *c]), d = (1, [2, 3]), 4
        ---
        print(first, rest, index, file, total, a, c)
        """,
        """
        point = (1, 2)


        def main() -> None:
            match point:
                case (first, *rest):
                    pass
            for index in range(3):
                pass
            with open("/dev/null") as file:
                pass
            try:
                total = 1
            except* ValueError as group:
                total = 2
            (a, [b, *c]), d = (1, [2, 3]), 4  # noqa: F841

            print(first, rest, index, file, total, a, c)


        if __name__ == "__main__":
            main()
        """,
    ),
    "closures, nonlocal and class bodies": (
        """
        step = 2
        start = 5
        unneeded = 6
        ---
        def counter():
            count = start
            def up():
                nonlocal count
                count += step
                return count
            return up
        class Settings:
            first = start
        """,
        """
        step = 2
        start = 5


        def counter():
            count = start
            def up():
                nonlocal count
                count += step
                return count
            return up


        class Settings:
            first = start
        """,
    ),
    "annotations of variables, with text that is a name and text that is none": (
        """
        from typing import Annotated, Literal
        class Kind: ...
        mode = 1
        ---
        first: Literal["mode"] = "mode"
        second: "list[Kind]"
        def function(value: Annotated["Kind", "not code"]) -> "Kind | None": ...
        """,
        """
        from typing import Annotated, Literal


        class Kind: ...


        first: Literal["mode"] = "mode"
        second: "list[Kind]"


        def function(value: Annotated["Kind", "not code"]) -> "Kind | None": ...
        """,
    ),
    "sets, mappings and variables under the future of annotations": (
        """
        from __future__ import annotations
        from typing import Any
        n, m, k = 1, 2, 3
        ---
        found: set[Any] = {n for n in [m]}
        table: dict[int, int] = {n: m for n in found}
        """,
        """
        from __future__ import annotations

        from typing import Any

        n, m, k = 1, 2, 3

        found: set[Any] = {n for n in [m]}
        table: dict[int, int] = {n: m for n in found}
        """,
    ),
    "a deleted name and its new meaning": ("x = 1\ndel x\nx = 2\n---\ny = x", "x = 2\n\ny = x"),
    "names bound in branches": (
        """
        try:
            import missing_module as fast
        except ImportError:
            fast = None
        if fast:
            kind = "fast"
        else:
            kind = "slow"
        ---
        print(kind)
        """,
        """
        try:
            import missing_module as fast
        except ImportError:
            fast = None
        if fast:
            kind = "fast"
        else:
            kind = "slow"


        def main() -> None:
            print(kind)


        if __name__ == "__main__":
            main()
        """,
    ),
    "statements that share a line stay together": ("a = 1; b = 2\n---\nc = b", "a = 1; b = 2\n\nc = b"),
    "comments directly above a statement and on its lines come along": (
        "# about nothing\n\n# about x\nx = 1  # one\n# about y\ny = 2\n---\nz = x",
        "# about x\nx = 1  # one\n\nz = x",
    ),
    "a whole program leaves nothing behind": (
        """
        x = 1
        ---
        x = 2
        if __name__ == "__main__":
            print(x)
        ---
        y = x
        """,
        "x = 1\n\ny = x",
    ),
    "a hidden cell is no part of it": (
        """
        x = 1
        ---
        #| include: false
        x = 2
        ---
        #| label: last
        y = x
        """,
        "x = 1\n\ny = x",
    ),
    "a cell that did not run gives nothing": (
        """
        x = 1
        ---
        #| eval: false
        #| label: not-run
        x = 2
        ---
        y = x
        """,
        "x = 1\n\ny = x",
    ),
    "an import of everything": (
        "from math import *\n---\narea = pi",
        "from math import *\n\narea = pi",
    ),
    "names looked up by text need the statement that stands there": (
        "import xml.dom\nimport xml.sax\n---\nprint(xml.sax)",
        """
        import xml.dom
        import xml.sax


        def main() -> None:
            print(xml.sax)


        if __name__ == "__main__":
            main()
        """,
    ),
}


@pytest.mark.parametrize(("cells", "expected"), NEEDS.values(), ids=NEEDS)
def test_script_holds_what_its_cell_needs(cells: str, expected: str) -> None:
    assert body(cells) == code(expected)


@NEEDS_312
def test_type_statements_and_type_parameters() -> None:
    cells = """
        class Item: ...
        class Other: ...
        type Items = list[Item]
        ---
        def first[T: Items](items: T) -> Item:
            return items[0]
        """
    assert body(cells) == code(
        """
        class Item: ...


        type Items = list[Item]


        def first[T: Items](items: T) -> Item:
            return items[0]
        """
    )


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


# --- How a script is laid out -----------------------------------------------------------------------------------------

LAYOUTS = {
    "one await of a function without arguments": (
        """
        async def main():
            print(1)

        # Go
        await main()  # now
        """,
        """
        import asyncio


        async def main():
            print(1)


        if __name__ == "__main__":
            # Go
            asyncio.run(main())  # now
        """,
    ),
    "other awaits go into main()": (
        """
        import asyncio
        async def double(n: int) -> int:
            return n * 2

        # First
        n = await double(1)

        # Then

        if n:
            print(n)  # shown
            # the end
        # really
        """,
        """
        import asyncio


        async def double(n: int) -> int:
            return n * 2


        async def main() -> None:
            # First
            n = await double(1)

            # Then

            if n:
                print(n)  # shown
                # the end
            # really


        if __name__ == "__main__":
            asyncio.run(main())
        """,
    ),
    "main() has another name where that one is taken": (
        """
        async def main(n):
            return n
        print(await main(1))
        """,
        """
        import asyncio


        async def main(n):
            return n


        async def run_main() -> None:
            print(await main(1))


        if __name__ == "__main__":
            asyncio.run(run_main())
        """,
    ),
    "async for, async with and asynchronous comprehensions": (
        """
        async def ticks():
            yield 1
        print([t async for t in ticks()])
        async for t in ticks():
            pass
        """,
        """
        import asyncio


        async def ticks():
            yield 1


        async def main() -> None:
            print([t async for t in ticks()])
            async for t in ticks():
                pass


        if __name__ == "__main__":
            asyncio.run(main())
        """,
    ),
    "an earlier await whose result is needed": (
        """
        async def fetch(n):
            return [n]
        ---
        result = await fetch(1)
        print(result)
        result.append(2)
        ---
        def show(values):
            print(values)

        show(result)
        """,
        """
        import asyncio


        async def fetch(n):
            return [n]


        def show(values):
            print(values)


        async def main() -> None:
            result = await fetch(1)
            result.append(2)

            show(result)


        if __name__ == "__main__":
            asyncio.run(main())
        """,
    ),
    "names that functions read are global, and declared": (
        """
        async def fetch() -> str:
            return "x"
        def show():
            print(text, size)
        text = await fetch()
        size: int = len(text)
        show()
        """,
        """
        import asyncio


        async def fetch() -> str:
            return "x"


        def show():
            print(text, size)


        size: int
        text: str


        async def main() -> None:
            global size, text
            text = await fetch()
            size = len(text)
            show()


        if __name__ == "__main__":
            asyncio.run(main())
        """,
    ),
    "names that the module binds, and builtins, are global as well": (
        """
        count = 0
        print(count, list)
        count += 1
        list = 3
        """,
        """
        count = 0


        list: int


        def main() -> None:
            global count, list
            print(count, list)
            count += 1
            list = 3


        if __name__ == "__main__":
            main()
        """,
    ),
    "tasks need a loop": (
        """
        import asyncio
        task = asyncio.create_task(asyncio.sleep(0))
        """,
        """
        import asyncio


        async def main() -> None:
            task = asyncio.create_task(asyncio.sleep(0))  # noqa: F841


        if __name__ == "__main__":
            asyncio.run(main())
        """,
    ),
    "what stands in strings stays as it is": (
        '''
        print("""one
          two
        three""", f"""
        {1 +
        1}
        """)
        total = 1 + \\
            2
        text = "a\\
        b"
        def nested():
            """Doc

            more"""

            return 1
        nested()
        ''',
        '''
        def nested():
            """Doc

            more"""

            return 1


        def main() -> None:
            print("""one
          two
        three""", f"""
        {1 +
        1}
        """)
            total = 1 + \\
                2  # noqa: F841
            text = "a\\
        b"  # noqa: F841
            nested()


        if __name__ == "__main__":
            main()
        ''',
    ),
    "a constant may go before what acts": (
        """
        print("start")
        LIMIT = 3
        local = 4
        def below():
            return LIMIT
        print(below())
        """,
        """
        LIMIT = 3


        def below():
            return LIMIT


        def main() -> None:
            print("start")
            local = 4  # noqa: F841
            print(below())


        if __name__ == "__main__":
            main()
        """,
    ),
    "a function that depends on what acts stays below it": (
        """
        import time
        started = time.time()
        def since(start=started):
            return start
        print(since())
        """,
        """
        import time


        def main() -> None:
            started = time.time()

            def since(start=started):
                return start

            print(since())


        if __name__ == "__main__":
            main()
        """,
    ),
    "a comment at the end of a block goes with it": (
        """
        for n in [1]:
            print(n)
            # the end
        # next
        x = 1
        """,
        """
        def main() -> None:
            for n in [1]:
                print(n)
                # the end
            # next
            x = 1  # noqa: F841


        if __name__ == "__main__":
            main()
        """,
    ),
    "a declaration without a value, and three names taken": (
        """
        def main(): return size
        def run_main(): ...
        def run_main_2(): ...
        print("start")
        size: int
        size = 3
        """,
        """
        def main(): return size


        def run_main(): ...


        def run_main_2(): ...


        size: int


        def run_main_3() -> None:
            global size
            print("start")
            size = 3


        if __name__ == "__main__":
            run_main_3()
        """,
    ),
    "a call of asyncio.run": (
        """
        import asyncio
        async def double(n):
            return n
        asyncio.run(double(1))
        """,
        """
        import asyncio


        async def double(n):
            return n


        if __name__ == "__main__":
            asyncio.run(double(1))
        """,
    ),
    "a single call": (
        """
        def show():
            print(1)
        show()
        """,
        """
        def show():
            print(1)


        if __name__ == "__main__":
            show()
        """,
    ),
    "a whole program": (
        """
        import asyncio
        async def main():
            print(1)

        print("loaded")
        if __name__ == "__main__":
            asyncio.run(main())
        """,
        """
        import asyncio


        async def main():
            print(1)


        print("loaded")
        if __name__ == "__main__":
            asyncio.run(main())
        """,
    ),
    "imports, sorted into sections": (
        """
        import aiohttp  # a client
        # for later
        from typing import Any
        import os, sys
        from collections import deque, OrderedDict
        import test_tangle
        from . import sibling
        print(aiohttp, Any, os, deque, OrderedDict, test_tangle, sibling)
        """,
        """
        import os
        import sys  # noqa: F401
        from collections import OrderedDict, deque
        # for later
        from typing import Any

        import aiohttp  # a client

        import test_tangle

        from . import sibling


        def main() -> None:
            print(aiohttp, Any, os, deque, OrderedDict, test_tangle, sibling)


        if __name__ == "__main__":
            main()
        """,
    ),
    "an import that another meaning of its name comes before stays where it is": (
        """
        time = 1
        import time
        """,
        """
        time = 1
        import time
        """,
    ),
    "a long import": (
        """
        from somewhere import a_rather_long_name_to_import, another_rather_long_name_to_import, \\
            yet_another_name_to_import
        print(a_rather_long_name_to_import, another_rather_long_name_to_import)
        """,
        """
        from somewhere import (
            a_rather_long_name_to_import,
            another_rather_long_name_to_import,
            yet_another_name_to_import,  # noqa: F401
        )


        def main() -> None:
            print(a_rather_long_name_to_import, another_rather_long_name_to_import)


        if __name__ == "__main__":
            main()
        """,
    ),
    "comments alone": ("# In a script:\n# asyncio.run(main())", "# In a script:\n# asyncio.run(main())"),
    "imports and a comment": ("import os\n\n# nothing yet", "import os  # noqa: F401\n\n\n# nothing yet"),
}


@pytest.mark.parametrize(("cells", "expected"), LAYOUTS.values(), ids=LAYOUTS)
def test_layout(cells: str, expected: str) -> None:
    assert body(code(cells)) == code(expected)


# --- What a script says of itself, and its name -----------------------------------------------------------------------


def test_docstring_tells_where_a_script_comes_from_and_how_to_run_it() -> None:
    assert scripts("#| label: run-it\nx = 1")[0].text == (
        '"""Basics\n'
        "\n"
        "https://awaited.example/posts/async-basics/#run-it\n"
        "Run it: python examples/async_basics/run_it.py\n"
        "Generated by `awaited tangle` from posts/async-basics/index.qmd: edit that file, not this one.\n"
        '"""\n'
        "\n"
        "x = 1\n"
    )


def test_a_control_character_in_a_heading_keeps_no_script_from_running() -> None:
    page = parse("## A \x00\x1bheading\n\n```{python}\n#| label: a\nx = 1\n```\n", Path("notes.qmd"))
    assert tangle(page, SITE)[Path("examples/notes/a.py")].text.startswith('"""A heading\n')


def test_docstring_of_a_page_that_is_no_index_and_has_no_address() -> None:
    page = parse("---\ntitle: A \\ \u2019title\u2019\n---\n```{python}\n#| label: a\nx = 1\n```\n", Path("notes.qmd"))
    with_address, without = (tangle(page, p)[Path("examples/notes/a.py")].text for p in (SITE, Project(ROOT, {})))
    assert '"""A \\\\ \'title\'\n\nhttps://awaited.example/notes.html#a\n' in with_address
    assert "\n\nnotes.qmd\n" in without


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("fetch-all.2", "fetch_all_2"),
        ("class", "class_"),
        ("match", "match_"),
        ("queue", "queue_"),
        ("asyncio", "asyncio_"),
        ("cgi", "cgi_"),
        ("aiohttp", "aiohttp_"),
        ("runner", "runner"),
    ],
)
def test_script_is_named_by_its_label_but_shadows_nothing(label: str, name: str) -> None:
    made = scripts(f"#| label: other\nimport aiohttp.web\n---\n#| label: {label}\nx = 1")
    assert made[1].path == Path(f"examples/async_basics/{name}.py")


def test_cells_that_give_no_script() -> None:
    made = scripts(
        """
        #| include: false
        import os
        ---
        #| eval: false
        x = 1
        ---
        #| example: false
        %timeit 1
        ---
        #| label: shown
        x = 1
        """
    )
    assert [script.cell.label for script in made] == ["shown"]


# --- What a person has to put right -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "line", "words"),
    [
        ("#| echo: true\nx = 1", 3, "no label"),
        ("#| label: a-b\nx = 1\n---\n#| label: a.b\nx = 1", 8, "'a.b' gives the script examples/async_basics/a_b.py"),
        ("#| label: A\nx = 1\n---\n#| label: a\nx = 1", 8, "'a' gives the script"),
        ("x = 1\n%timeit x", 6, "only IPython understands"),
        ("x = 1\n!ls", 6, "only IPython understands"),
        ("x = 1\nx?", 6, "only IPython understands"),
        ("x = 1\n\ndef f(:\n    pass", 7, "not Python (invalid syntax)"),
        ("x = 1\nreturn x", 6, "not Python ('return' outside function)"),
        ('#| label: a\n#| python: ">=3.99"\nx = = 1', 6, "asks for Python >=3.99"),
        (
            "#| include: false\nurl = 1\n---\n#| label: b\nx = 1\nprint(url)",
            11,
            "`url` is defined only in the hidden cell at line 3",
        ),
        ("#| echo: false\nimport os\n---\n#| label: b\ndef f():\n    os.getcwd()\n---\nf()", 11, "`os`"),
        ("#| include: false\n%magic\nx = 1\n---\nprint(x)", 5, "only IPython understands"),
        ("#| example: false\nx = !ls\n---\nprint(x)", 5, "only IPython understands"),
        ("x = 1\ndisplay(x)", 6, "`display` exists in IPython only"),
    ],
)
def test_errors_name_file_and_line(cells: str, line: int, words: str) -> None:
    with pytest.raises(AwaitedError) as raised:
        scripts(cells)
    assert str(raised.value).startswith(f"posts/async-basics/index.qmd:{line}: ")
    assert words in str(raised.value)


def test_broken_code_that_nothing_needs_is_no_error() -> None:
    assert len(scripts("#| example: false\n%timeit x\n---\n#| label: a\nprint(1, __name__)")) == 1


# --- Files ------------------------------------------------------------------------------------------------------------

PAGE = """\
# Tasks

```{python}
#| label: fetch
import asyncio


async def fetch(name: str) -> str:
    await asyncio.sleep(0)
    return f"{name} fetched"


result = await fetch("one")
print(result)
```

```{python}
#| label: gather
async def main() -> None:
    print(await asyncio.gather(fetch("two"), fetch("three")))


await main()
```

```{python}
#| label: results
names: list[str] = []


def report() -> str:
    return f"{len(names)} names, {result}"


names.append(result)
print(report())
```

```{python}
#| label: queue
from asyncio import Queue

queue: Queue[str] = Queue()
for name in names:
    queue.put_nowait(name)
print(await queue.get(), queue.qsize())
```
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "_quarto.yml").write_text("project:\n  type: website\n")
    (tmp_path / "tasks.qmd").write_text(PAGE)
    return load(tmp_path)


def examples(project: Project) -> list[str]:
    return sorted(
        path.relative_to(project.root).as_posix() for path in (project.root / "examples").rglob("*") if path.is_file()
    )


def test_scripts_are_written_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(project, check=True) == 1
    assert "+async def fetch(name: str) -> str:" in capsys.readouterr().out
    assert run(project, check=False) == 0
    assert capsys.readouterr().out == "examples/: 4 scripts, 4 files changed\n"
    assert examples(project) == [f"examples/tasks/{name}.py" for name in ("fetch", "gather", "queue_", "results")]
    assert write(project, tangle_project(project)) == []
    assert drift(project) == ""
    assert run(project, check=True) == 0
    assert capsys.readouterr() == ("", "")


def test_drift_shows_what_was_edited_and_what_is_left_over(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, tangle_project(project))
    made = project.root / "examples/tasks"
    (made / "fetch.py").write_text((made / "fetch.py").read_text().replace('"one"', '"other"').rstrip("\n"))
    (made / "by_hand.py").write_text("x = 1\n")
    gone = project.root / "examples/gone"
    gone.mkdir()
    (gone / "old.py").write_text((made / "gather.py").read_text())
    (gone.parent / "conftest.py").write_text("# not ours\n")

    found = drift(project)
    assert '-    result = await fetch("other")\n' in found
    assert '+    result = await fetch("one")\n' in found
    assert "\\ No newline at end of file\n" in found
    assert "--- a/examples/tasks/by_hand.py\n+++ /dev/null\n" in found
    assert "--- a/examples/gone/old.py\n+++ /dev/null\n" in found
    assert "conftest" not in found
    assert run(project, check=True) == 1
    assert "run `awaited tangle`" in capsys.readouterr().err

    changed = write(project, tangle_project(project))
    assert [path.as_posix() for path in changed] == [
        "examples/gone/old.py",
        "examples/tasks/by_hand.py",
        "examples/tasks/fetch.py",
    ]
    assert capsys.readouterr().out == found
    assert not gone.exists()
    assert drift(project) == ""


def test_articles_may_not_share_a_script(project: Project) -> None:
    (project.root / "Tasks").mkdir()
    (project.root / "Tasks/index.qmd").write_text(PAGE)
    with pytest.raises(
        AwaitedError, match=r"tasks\.qmd:3: label 'fetch' gives the script examples/tasks/fetch\.py, as does"
    ):
        tangle_project(project)


def test_scripts_run_from_anywhere(project: Project, tmp_path: Path) -> None:
    write(project, tangle_project(project))
    printed = {}
    for script in tangle_project(project):
        command = [sys.executable, "-W", "error", str(project.root / script.path)]
        process = subprocess.run(command, cwd=tmp_path.parent, capture_output=True, text=True, timeout=30, check=False)
        assert process.returncode == 0, process.stderr
        printed[script.cell.label] = process.stdout
    assert printed == {
        "fetch": "one fetched\n",
        "gather": "['two fetched', 'three fetched']\n",
        "results": "1 names, one fetched\n",
        "queue": "one fetched 0\n",
    }


def test_scripts_are_clean(project: Project) -> None:
    write(project, tangle_project(project))
    settings = str(ROOT / "pyproject.toml")
    for command in (
        ["ruff", "check", "--no-cache", "--config", settings, "examples"],
        ["ruff", "format", "--no-cache", "--config", settings, "--check", "examples"],
        ["mypy", "--strict", "--config-file", "", "--cache-dir", "/dev/null", "examples"],
    ):
        process = subprocess.run(
            [sys.executable, "-m", *command], cwd=project.root, capture_output=True, text=True, check=False
        )
        assert process.returncode == 0, process.stdout + process.stderr


def test_every_scripts_text_is_the_same_each_time(project: Project) -> None:
    command = (
        "from awaited.read.project import load; from awaited.tangle.scripts import tangle_project; "
        "print([s.text for s in tangle_project(load({!r}))])"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", command.format(str(project.root))],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1


def test_code_nested_too_deep_is_said() -> None:
    text = "```{python}\n#| label: deep\nx = " + "1 + " * 5000 + "1\n```\n"
    message = r"^a\.qmd:1: the code of cell 'deep' is nested too deep to be read; take it apart$"
    with pytest.raises(AwaitedError, match=message):
        tangle(parse(text, Path("a.qmd")), SITE)
