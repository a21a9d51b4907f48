"""Each snippet that a page offers to run prints what the page shows, just as an editor opens it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from awaited.live import files
from awaited.live.chromium import Chromium, running
from awaited.live.snippets import Snippet, snippets
from awaited.live.worker.runner import Request
from awaited.memory.plain_text import plain
from awaited.prove.compare import Difference, Printed, difference
from awaited.prove.proofs import shown, varying
from awaited.prove.trial import kept
from awaited.read.project import load
from awaited.tangle.scripts import Script, tangle_project

TRIES = 3
"""How often one runs whose times alone are off, the last times with nothing beside it."""


def test_an_unedited_snippet_prints_what_its_page_shows(site: Path, root: Path) -> None:
    project = load(root)
    scripts = tangle_project(project)
    proofs = kept(project, scripts)
    offered: list[tuple[Script, Snippet]] = []
    for article in project.articles():
        its_own = [script for script in scripts if script.article.path == article.path]
        found = snippets(project, article, proofs.unfit(its_own))
        offered += [(s, one) for s in its_own if (one := found.get(str(s.cell.label))) and one.why_not is None]

    async def compare(browser: Chromium, script: Script, snippet: Snippet, fresh: bool) -> Difference | None:
        request = Request(snippet.code, snippet.prelude, str(script.cell.label), snippet.program)
        ran = await browser.run(request, 60, fresh=fresh)
        page = shown(project, script)
        assert page is not None
        printed = Printed(plain(ran.stdout), plain(ran.stderr + ran.error))
        return difference(page, printed, ran.outcome != "finished", varying(script))

    async def differing() -> dict[str, str]:
        places = asyncio.Semaphore(6)
        async with running(files.prepare(project)) as browser:

            async def first(script: Script, snippet: Snippet) -> Difference | None:
                async with places:
                    return await compare(browser, script, snippet, fresh=False)

            found = await asyncio.gather(*(first(*one) for one in offered))
            wrong = {}
            for (script, snippet), told in zip(offered, found, strict=True):
                for _ in range(TRIES - 1):
                    told = told and await compare(browser, script, snippet, fresh=True)
                if told:
                    wrong[str(script.path)] = told.text
            return wrong

    assert len(offered) > len(scripts) / 2
    with ThreadPoolExecutor(1) as pool:  # Playwright's own loop may run in this thread
        assert pool.submit(lambda: asyncio.run(differing())).result() == {}
