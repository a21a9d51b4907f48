"""How a script is laid out."""

from __future__ import annotations

import pytest

from tests.awaited.tangle.cells import body, code

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
        import test_layout
        from . import sibling
        print(aiohttp, Any, os, deque, OrderedDict, test_layout, sibling)
        """,
        """
        import os
        import sys  # noqa: F401
        from collections import OrderedDict, deque
        # for later
        from typing import Any

        import aiohttp  # a client

        import test_layout

        from . import sibling


        def main() -> None:
            print(aiohttp, Any, os, deque, OrderedDict, test_layout, sibling)


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
