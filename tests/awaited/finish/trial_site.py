"""A small site with scripts and proofs, made without running anything: what cells and scripts gave is written down."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from awaited.finish.site import finish
from awaited.memory import freezer
from awaited.memory.results import CellResult, Frozen
from awaited.progress import Progress
from awaited.prove.proofs import Proof, Proofs
from awaited.read.project import Project
from awaited.tangle.scripts import Script, tangle_project
from awaited.weave.engines import weave
from awaited.weave.stage import Stage

CONFIG = """\
project: {type: website}
website:
  title: Trial & Error
  site-url: https://example.org/blog
  navbar: {left: [{text: Home, href: index.qmd}, {text: Examples, href: examples.qmd}]}
format: {html: {css: styles.css}}
"""
WITH_SOURCE = CONFIG.replace("website:", "website:\n  repo-url: https://git.example/me/blog/\n  repo-subdir: site")
ARTICLE = """---
title: "One & Only"
date: 2026-01-05
author: ["Ada Lovelace", {name: Grace Hopper}]
license: CC BY
code-license: MIT
---

## First Part

```{python}
#| label: hello
import aiohttp
print("hello")
```

```{python}
#| label: sum-up
#| varies: ['0x[0-9a-f]+', '<b>']
print("a sum")
```

```{python}
#| label: newest
#| python: ">=3.14"
print("new")
```

```{python}
#| label: changed
#| printed-by: ">=3.13"
print("text of 3.13")
```
"""
ABOUT = """---
title: About
---

Yourself: [proofs](/proofs.html).

::: {.with-source}
Get the source:

::: {#clone}
:::
:::
"""
PAGES = {
    "index.qmd": "---\ntitle: Home\nlisting: {contents: posts}\n---\n",
    "examples.qmd": "---\ntitle: Examples\n---\n\n::: {#scripts}\n:::\n",
    "about.qmd": ABOUT,
    "posts/one/index.qmd": ARTICLE,
    "styles.css": "",
}
PRINTED = {1: "hello\n", 2: "a sum\n", 3: "new\n", 4: "text of 3.13\n"}
WHEN = "2026-02-03T04:05:06+00:00"
VERSIONS = ("3.11.7", "3.13.1", "3.14.2")


@dataclass(frozen=True)
class Trial:
    """A finished site, and what it was made of."""

    project: Project
    site: Path
    scripts: list[Script]
    proofs: Proofs


def proven(scripts: list[Script]) -> Proofs:
    """Proofs on three Pythons, of which one cannot run a script and one prints something else for another."""
    held = {"aiohttp": metadata.version("aiohttp")}
    proofs = Proofs({}, dict.fromkeys(VERSIONS, held), {"3.15.0": "no venv <here>"}, "Linux")
    for script in scripts:
        found = [Proof(version, "same", 0.5 + place, WHEN) for place, version in enumerate(VERSIONS)]
        if script.cell.label == "newest":
            found[:2] = [Proof(version, "left out", text="needs Python >=3.14") for version in VERSIONS[:2]]
        if script.cell.label == "changed":
            found[0] = Proof(VERSIONS[0], "other", 0.25, WHEN, "text <of> 3.11")
        proofs.of[script.path] = found
    return proofs


def make_trial(project: Project, proves: bool = True) -> Trial:
    """Makes the site of a project; ``proves`` says whether its scripts have run."""
    project.scratch.mkdir(exist_ok=True)
    sources = project.read_pages()
    for page in sources:
        if page.cells:
            results = [CellResult(number, 0.1, [{"output_type": "stream", "name": "stdout", "text": text}])
                       for number, text in PRINTED.items()]  # fmt: skip
            frozen = Frozen({}, WHEN, "3.14.2", results)
            freezer.write(project.freezer, page, (project.root / page.path).read_bytes(), frozen)
    made = project.scratch / "site"
    weave(project, "smalldocs", Stage(project, sources), made, Progress(io.StringIO()))
    scripts = tangle_project(project, sources)
    proofs = proven(scripts) if proves else Proofs()
    finish(project, sources, made, scripts, proofs)
    return Trial(project, made, scripts, proofs)
