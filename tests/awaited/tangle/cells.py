"""Articles of a few cells, and the scripts that are made of them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from awaited.read.articles import Article, parse
from awaited.read.project import Project
from awaited.tangle.scripts import Script, tangle

SITE = Project(Path(__file__).parent, {"website": {"site-url": "https://awaited.example/"}})
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
