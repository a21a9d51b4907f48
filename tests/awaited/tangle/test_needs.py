"""Which statements of earlier cells a script holds."""

from __future__ import annotations

import sys

import pytest

from tests.awaited.tangle.cells import body, code

NEEDS_312 = pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
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
