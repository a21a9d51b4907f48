"""What pages can say where the site's source is published (``website: repo-url``), and nothing where it is not.

The keys are Quarto's own: ``repo-url``, ``repo-branch``, ``repo-subdir``, ``repo-actions`` and ``issue-url``. Its links
stand in the list of contents, which a phone folds away; ours stand at the end of each article, for both engines.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from awaited.finish.code import block
from awaited.finish.markup import Page, element, remove
from awaited.read.metadata import as_list
from awaited.read.project import Project

ACTIONS = {"source": "View source", "edit": "Edit this page", "issue": "Report a mistake"}
WITH_SOURCE = ".with-source"
"""What a page says only where there is a source to get (``::: {.with-source}``)."""
CLONE = "div#clone"
"""The element that the command to get it goes into (``::: {#clone}``)."""


@dataclass(frozen=True)
class Repository:
    """Where the source is."""

    url: str
    branch: str
    folder: str
    """The project's folder in it; empty where that is the top."""
    issues: str
    """Where to report a mistake."""
    actions: tuple[str, ...]
    """What pages offer: some of ``ACTIONS``."""

    def link(self, action: str, page: Path) -> str:
        """The address of an action for the source of a page."""
        if action == "issue":
            return self.issues
        kind = {"source": "blob", "edit": "edit"}[action]
        path = f"{self.folder}/{page.as_posix()}" if self.folder else page.as_posix()
        return f"{self.url}/{kind}/{quote(self.branch)}/{quote(path)}"


def repository(project: Project) -> Repository | None:
    """Where a project's source is published; None where it does not say."""
    website = project.config.get("website")
    told = website if isinstance(website, dict) else {}
    url = str(told.get("repo-url") or "").rstrip("/")
    if not url:
        return None
    wanted = told.get("repo-actions")
    chosen = list(ACTIONS) if wanted is None else as_list(wanted)
    return Repository(
        url,
        str(told.get("repo-branch") or "main"),
        str(told.get("repo-subdir") or "").strip("/"),
        str(told.get("issue-url") or f"{url}/issues/new"),
        tuple(action for action in ACTIONS if action in chosen),
    )


def source_links(project: Project, page: Path) -> str:
    """The ways from a page to its source, as HTML; empty where there are none."""
    where = repository(project)
    if where is None:
        return ""
    return " ".join(
        f'<a href="{html.escape(where.link(action, page))}">{ACTIONS[action]}</a>' for action in where.actions
    )


def say_where_the_source_is(page: Page, project: Project) -> None:
    """Completes what a page says of the source, or takes it out; the engines' own links make room for ours."""
    where = repository(project)
    remove(page.tree.css(".toc-actions"))
    if where is None:
        remove(page.tree.css(f"{WITH_SOURCE}, {CLONE}"))
        return
    for place in page.tree.css(CLONE):
        place.replace_with(element(block(f"git clone {where.url}", "bash")))
