"""Makes the projects that the bench builds: copies of this site with as many articles as are asked for."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
ARTICLE = Path("posts/async-python-basics/index.qmd")
"""The site's real article."""
LEFT_OUT = ("bench/", "examples/", "tests/", "posts/", ".github/", ".ci/", "timeline.qmd")
"""What the copies have no need of; the page on timelines is as good as an article."""
SHORT = """---
title: "Short Article {number}"
date: 20{year:02}-{month:02}-{day:02}
categories: [Python, Group {group}]
description: "Article {number} of many: a few short snippets, and some prose around them."
jupyter: python3
---

Every article of this project has the same shape, and text of its own: this is number {number}.
[About](/about.qmd) is a link to another page, [here](#later) is one on this page.

## A Function

A coroutine function that waits for a moment, and a call of it.

```{{python}}
#| label: wait
import asyncio


async def wait(name: str, delay: float) -> str:
    await asyncio.sleep(delay)
    return f"{{name}} has waited"


print(await wait("article {number}", 0.01))
```

Some prose that stands between two snippets: a paragraph of the length that paragraphs have on this site.
It has a second sentence, with `code` and *emphasis* in it.

## Later

The second snippet needs the first one.

```{{python}}
#| label: together
async def together() -> None:
    results = await asyncio.gather(wait("first of {number}", 0.01), wait("second of {number}", 0.02))
    print(results)


await together()
```

| Pattern | Use it to |
|:--------|:----------|
| `await` | wait for one |
| `gather` | wait for several |

```{{python}}
#| label: numbers
squares = [n * n for n in range({number} % 7, 10)]
print(sum(squares))
```
"""


def copies(folder: Path, count: int) -> None:
    """The site with its real article as often as asked, under different names."""
    _site(folder)
    text = without_path((ROOT / ARTICLE).read_text(encoding="utf-8"))
    for number in range(1, count + 1):
        _write(folder / f"posts/article-{number}/index.qmd", text)


def short_articles(folder: Path, count: int) -> None:
    """The site with generated articles of three short snippets each."""
    _site(folder)
    for number in range(1, count + 1):
        text = SHORT.format(
            number=number,
            year=number // 336 % 80 + 10,
            month=number // 28 % 12 + 1,
            day=number % 28 + 1,
            group=number % 10,
        )
        _write(folder / f"posts/article-{number}/index.qmd", text)


def whole_site(folder: Path) -> None:
    """The site with all its articles."""
    _site(folder, [name for name in LEFT_OUT if name != "posts/"])


def leave_alone(folder: Path, article: Path) -> None:
    """Takes all articles but one out of a project that has all."""
    for other in (folder / "posts").iterdir():
        if other.is_dir() and other != folder / article.parent:
            shutil.rmtree(other)
    _write(folder / article, without_path((folder / article).read_text(encoding="utf-8")))
    _show_no_article(folder)


def without_path(text: str) -> str:
    """An article's text without the fields and the links that name other articles."""
    text = re.sub(r"^(?:order|needs|next): .*\n", "", text, flags=re.M)
    return re.sub(r"\[([^\]]+)\]\(/posts/[^)]*\)", r"\1", text)


def _site(folder: Path, left_out: Sequence[str] = LEFT_OUT) -> None:
    """The site without some folders; without its articles, its front page cannot show one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S607
    for name in filter(None, listed.stdout.split("\0")):
        is_wanted = not name.startswith(tuple(left_out)) or name.endswith("/_metadata.yml")
        if is_wanted and (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    config = folder / "_quarto.yml"
    _write(config, re.sub(r" *- text: Timeline\n *href: timeline.qmd\n", "", config.read_text(encoding="utf-8")))
    if not (folder / ARTICLE).exists():
        _show_no_article(folder)


def _show_no_article(folder: Path) -> None:
    index = folder / "index.qmd"
    _write(index, re.sub(r"^::: \{\.shown.*?^:::\n", "", index.read_text(encoding="utf-8"), flags=re.M | re.S))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
