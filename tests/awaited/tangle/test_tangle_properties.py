"""Whatever the cells say: the last one's script prints what the last cell prints after all the others."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from awaited.read.articles import parse
from awaited.read.project import Project
from awaited.tangle.scripts import tangle

pytestmark = [pytest.mark.slow, pytest.mark.untraced]

PROJECT = Project(Path(__file__).parent, {})

NUMBERS = st.sampled_from(["n", "m", "k"])
LISTS = st.sampled_from(["xs", "ys", "zs"])
FUNCTIONS = ["f", "g", "h"]
FIRST_CELL = """\
import asyncio
import contextlib
import functools
import itertools
import random

random.seed(4)
n = 1
m = 2
k = 3
xs = [1]
ys = [2]
zs = []
d = {"n": 1}


def f():
    return n


def g():
    return m


def h():
    return k


async def af():
    return n


async def ag():
    await asyncio.sleep(0)
    return m


def keep(items):
    return items


def add(items, value=7):
    items.append(value)
    return len(items)


class Box:
    total = 0

    def __init__(self, items):
        self.items = items

    def add(self, value):
        self.items.append(value)
        Box.total += 1
        return self

    def size(self):
        return len(self.items)


box = Box(xs)
it = iter([1, 2, 3])
task = asyncio.ensure_future(ag())
handlers = []
"""


def templates(*texts: str) -> st.SearchStrategy[str]:
    """Texts in which ``N`` stands for a number's name, ``L`` for a list's, ``E`` for an expression, and so on."""

    @st.composite
    def filled(draw: st.DrawFn) -> str:
        text = draw(st.sampled_from(texts))
        kinds = {"N": NUMBERS, "L": LISTS, "F": st.sampled_from(FUNCTIONS), "A": st.sampled_from(["af", "ag"])}
        for kind, strategy in kinds.items():
            for number in ("", "2"):
                text = text.replace(f"<{kind}{number}>", draw(strategy))
        while "<E>" in text:
            text = text.replace("<E>", draw(SIMPLE_EXPRESSIONS), 1)
        while "<X>" in text:
            text = text.replace("<X>", draw(EXPRESSIONS), 1)
        return text

    return filled()


SIMPLE_EXPRESSIONS = templates(
    "1", "<N>", "<N> + <N2>", "len(<L>)", "sum(<L>) % 1000", 'd.get("n", 5)', "box.size()", "Box.total"
)
EXPRESSIONS = SIMPLE_EXPRESSIONS | templates(
    "<F>()",
    "await <A>()",
    "(<N> := <E>)",
    "sum([v for v in <L>])",
    "len([<N> := v for v in <L>])",
    "next(it, 0)",
    "random.randint(1, 9)",
    "add(<L>)",
    "len(keep(<L>))",
    "[<E>, <E>][0]",
    "(lambda: <N>)()",
    "int(task.done())",
    "sum(handler() for handler in handlers)",
    "max(<L>, key=lambda v: v * <N>, default=0)",
    "len(box.items)",
    "await asyncio.gather(<A>(), asyncio.sleep(0))",
)
BODIES = templates(
    "return <E>",
    "<L>.append(<E>)\n    return len(<L>)",
    "global <N>\n    <N> = <E>\n    return <N>",
    "print('in', <E>)\n    return <E>",
    "return [<N> for <N> in <L>]",
    "def inner():\n        <L>.append(<N>)\n        return <N>\n    return inner()",
    "items = <L>\n    items.append(<N>)\n    return items",
    "return <L>",
    "d['n'] = <N>\n    return d",
    "box.add(<N>)\n    return 1",
    "return add(<L>, <N>)",
    "random.seed(<E>)\n    return 0",
)
STATEMENTS = templates(
    "<N> = <X>",
    "<N> += 1",
    "<N>: object = <X>",
    "<N>, <N2> = 4, 5",
    "<L> = <L2>",
    "<L> = [<E>, <E>]",
    "<L> = list(<L2>)",
    "<L> = <L2> + [<E>]",
    "<L> = [v for v in <L2>]",
    "<L> = keep(<L2>)",
    "<L> += [<E>]",
    "<L>.append(<E>)",
    "<L>.sort(key=lambda v: (v * <N>) % 7 if isinstance(v, int) else 0)",
    "add(<L>)",
    "<L>[0:0] = [<E>]",
    "<N>, *<L> = [1, <E>, 3]",
    "del <L>[:1]",
    "del <N>\n<N> = <E2>".replace("<E2>", "8"),
    "d['n'] = <X>",
    "d = {'n': <X>}",
    "d.update(n=<E>)",
    "box = Box(<L>)",
    "box.add(<E>)",
    "box.items = <L>",
    "box.add(1).add(<E>)",
    "Box.total = <E>",
    "print('shown', <X>)",
    "<F>()",
    "await <A>()",
    "handlers.append(<F>)",
    "handlers.append(lambda: <E>)",
    "handlers.clear()",
    "it = iter(<L>)",
    "it = (v for v in <L>)",
    "random.seed(<E>)",
    "task = asyncio.ensure_future(asyncio.sleep(0, <N>))",
    "await asyncio.sleep(0)",
    "await task",
    "for <N> in range(3):\n    <L>.append(<N>)",
    "for v in list(<L>):\n    print(v)\n    <N> = <E>",
    "if <E> > 1:\n    <N> = <X>\nelse:\n    <L> = [<E>]",
    "if <E> > 2:\n    <L> = <L2>",
    "with contextlib.nullcontext(<L>) as <L2>:\n    <L2>.append(<E>)",
    "try:\n    <N> = <X>\n    [][0]\nexcept IndexError as error:\n    print(error)\n"
    "    <L>.append(<E>)\nfinally:\n    <N2> = <E>",
    "match <E>:\n    case 1:\n        <L>.append(1)\n    case <N>:\n        pass",
    "while <N> < 3:\n    <N> = 3\n    <L>.append(<E>)",
    'd["text"] = """\n  <N>\n    two\n"""\nprint(d["text"])',
    "# a comment\n<N> = (\n    <E>\n)",
    "async with contextlib.AsyncExitStack() as stack:\n    <L>.append(<E>)",
    "if True:\n    def f():\n        return <E>",
    "g = functools.partial(add, <L>)",
    "h = lambda: <E>",
    "async for <N> in ticks(<L>):\n    print(<N>)",
)
STATEMENTS |= st.builds("def f():\n    {}".format, BODIES)
STATEMENTS |= st.builds("def g(extra=n):\n    {}".format, BODIES)
STATEMENTS |= st.builds("def h(items=xs):\n    items.append(1)\n    f()\n    {}".format, BODIES)
STATEMENTS |= st.builds("async def af():\n    await asyncio.sleep(0)\n    {}".format, BODIES)
STATEMENTS |= st.builds("async def ag():\n    print(await af())\n    {}".format, BODIES)
STATEMENTS |= st.builds(
    "class Box(Box):\n    kept = xs\n\n    def size(self):\n        self.kept.append(1)\n        {}".format,
    BODIES.map(lambda body: body.replace("\n", "\n    ")),
)
TICKS = "async def ticks(items):\n    for item in list(items):\n        await asyncio.sleep(0)\n        yield item"


def in_one_kernel(cells: list[str]) -> tuple[list[str], BaseException | None]:
    """What each cell prints, run one after another in one namespace, and what the last one raised."""
    try:
        codes = [compile(cell, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True) for cell in cells]
    except SyntaxError:
        reject()

    async def run() -> tuple[list[str], BaseException | None]:
        namespace: dict[str, object] = {"__name__": "__main__"}
        printed, raised = [], None
        for number, code in enumerate(codes, 1):
            with contextlib.redirect_stdout(io.StringIO()) as output:
                try:
                    result = eval(code, namespace)
                    if inspect.isawaitable(result):
                        await result
                except Exception as error:
                    assume(number == len(cells))
                    raised = error
            printed.append(output.getvalue())
        return printed, raised

    return asyncio.run(run())


def as_program(script: str) -> tuple[str, BaseException | None]:
    """What a script prints, and what it raises."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        raised = None
        try:
            exec(compile(script, "script", "exec", dont_inherit=True), {"__name__": "__main__"})
        except Exception as error:
            raised = error
    return output.getvalue(), raised


def document(cells: list[str]) -> str:
    """An article of these cells."""
    return "\n\n".join(f"```{{python}}\n#| label: cell-{n}\n{cell}\n```" for n, cell in enumerate(cells, 1))


CELLS = st.lists(st.lists(STATEMENTS, min_size=1, max_size=5).map("\n".join), min_size=2, max_size=5)


@given(CELLS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_script_prints_what_its_cell_prints(cells: list[str]) -> None:
    cells = [f"{FIRST_CELL}\n\n{TICKS}", *cells, "print('last', n, xs)" if len(cells) == 2 else "print('last', f(), m)"]
    printed, error = in_one_kernel(cells)
    scripts = list(tangle(parse(document(cells), Path("posts/x.qmd")), PROJECT).values())
    for script in scripts:
        compile(script.text, str(script.path), "exec", dont_inherit=True)
    output, raised = as_program(scripts[-1].text)
    assert type(raised) is type(error), scripts[-1].text
    assert printed[-1] in output, scripts[-1].text


@given(CELLS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_importing_a_script_prints_nothing(cells: list[str]) -> None:
    cells = [f"{FIRST_CELL}\n\n{TICKS}", *cells]
    for script in tangle(parse(document(cells), Path("posts/x.qmd")), PROJECT).values():
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(script.text, str(script.path), "exec", dont_inherit=True), {"__name__": "imported"})
        assert not output.getvalue(), script.text
