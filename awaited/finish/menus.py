"""Menus of the navigation that open without a script: what the engines fold, folds as HTML itself can."""

from __future__ import annotations

from awaited.finish.markup import Node, Page, classes, drop_attributes, element, remove, set_classes

FOLDED = {"collapse", "collapse-horizontal"}
"""Bootstrap's classes of what only its script unfolds."""


def open_menus(page: Page) -> None:
    """Rewrites the menus of a page's header, and the sections of its side bar, as ``details``."""
    for item in page.tree.css("#quarto-header li.dropdown"):
        label, entries = item.css_first(".dropdown-toggle"), item.css_first("ul.dropdown-menu")
        if label is not None and entries is not None:
            drop_attributes(entries, "aria-labelledby")
            item.inner_html = _details("menu", "nav-link", label, entries, is_open=False)
    for item in reversed(page.tree.css("#quarto-sidebar li.sidebar-item-section")):  # the inner ones first
        label, entries = item.css_first(".sidebar-item-text"), item.css_first("ul.sidebar-section")
        if label is None or entries is None:
            continue
        is_open = "show" in classes(entries)
        set_classes(entries, [name for name in classes(entries) if name not in {*FOLDED, "show"}])
        if label.attributes.get("href"):  # a page of its own
            remove(item.css(".sidebar-item-toggle"))
        else:
            item.inner_html = _details("section", "sidebar-item-text", label, entries, is_open)
    for bar in page.tree.css("#quarto-sidebar"):
        set_classes(bar, [name for name in classes(bar) if name not in FOLDED])
    remove(page.tree.css('.quarto-secondary-nav [data-bs-toggle="collapse"], #quarto-sidebar-glass'))


def _details(kind: str, name: str, label: Node, entries: Node, is_open: bool) -> str:
    summary = f'<summary class="{name}">{label.inner_html}</summary>'
    return element(f'<details class="{kind}"{" open" if is_open else ""}>{summary}{entries.html}</details>').html or ""
