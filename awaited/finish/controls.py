"""Gives the pages of both engines the same controls: navigation, search, light and dark, copying, listings.

The engines come with controls and scripts of their own, which differ, weigh much, and leave out keyboards and screen
readers here and there. What stands on a page after this step is one markup, served by one script (``page.js``).
"""

from __future__ import annotations

import html
import re
from pathlib import PurePosixPath
from urllib.parse import quote

from awaited.finish.markup import (
    Node,
    Page,
    append,
    classes,
    drop_attributes,
    element,
    remove,
    set_classes,
    text_of,
)
from awaited.finish.menus import open_menus
from awaited.finish.policy import is_of_engine

ENGINE_SCRIPTS = re.compile(
    r"(?:^|/)site_libs/(?:bootstrap|fuse|smalldocs|clipboard|quarto-(?:nav|html|search|listing))(?:/|\.)"
)
TOOLS = """<div class="tools">
<button type="button" class="theme-toggle" aria-pressed="false"><span>Dark mode</span></button>
<div class="search" role="search">
<input type="search" aria-label="Search this site" placeholder="Search" autocomplete="off" spellcheck="false">
<ul id="search-results" aria-label="Search results" hidden></ul>
</div></div>"""
COPY = '<button type="button" class="code-copy-button">Copy</button>'
NEEDLESS = {"collapse", "container-fluid", "mx-auto", "me-auto", "ms-auto", "navbar-expand-lg", "navbar-nav-scroll"}
"""Bootstrap's classes in the header, which styles.css dresses itself."""
PLAIN = re.compile(r'<span class="(?:op|bu|fu|va|ot|dt|at|ex|pl|re)">([^<]*)</span>')
"""A token that looks like any other text: styles.css has three hues and the comment."""
ALIASES = {"cf": "kw", "pp": "kw", "ss": "st", "vs": "st", "ch": "st", "fl": "dv", "bn": "dv"}
"""Tokens that look like others: Pandoc's names of finer kinds, and of those that styles.css and the editor know."""
FINE = re.compile(rf'(?<=<span class=")(?:{"|".join(ALIASES)})(?=">)')
ALIKE = re.compile(r'(<span class="(\w\w)">[^<]*)</span><span class="\2">')


def replace_controls(page: Page, listing: PurePosixPath | None, has_dark: bool | None = None) -> None:
    """Rewrites a page's controls; ``listing`` is the page that lists the articles, to which their categories lead.

    ``has_dark`` is False on a site without a dark theme: then there is nothing to switch.
    """
    _drop_engine_scripts(page)
    _navigation(page)
    open_menus(page)
    _side_bars(page)
    _headings(page)
    _code(page)
    _tabs(page)
    _tables(page)
    if listing is not None:
        _link_categories(page, listing)
    if has_dark is False:
        remove(page.tree.css(".theme-toggle"))


def _drop_engine_scripts(page: Page) -> None:
    remove(s for s in page.tree.css("script[src]") if ENGINE_SCRIPTS.search(s.attributes["src"] or ""))
    remove(s for s in page.tree.css("script:not([src])") if is_of_engine(s))
    remove(page.tree.css("#quarto-search-options, #quarto-search-results, .callout-icon-container"))
    for node in page.tree.css("[onclick], [onchange]"):
        drop_attributes(node, "onclick", "onchange")


def _navigation(page: Page) -> None:
    tree = page.tree
    remove(tree.css("#quarto-search, .quarto-color-scheme-toggle, .quarto-navbar-tools"))
    remove(item for item in tree.css(".navbar-nav > li") if not text_of(item))
    for header in tree.css("#quarto-header"):
        set_classes(header, ["site-header"])
    for link in tree.css("#quarto-header .nav-link:has(i.bi)"):  # there is no icon font: the icon's name stands for it
        icon, text = link.css_first("i.bi"), link.css_first(".menu-text")
        names = [name.removeprefix("bi-") for name in classes(icon) if name.startswith("bi-")] if icon else []
        if names and (text is None or text_of(text) in ("", link.attributes.get("href"))):
            name = str(link.attributes.get("aria-label") or names[0].replace("-", " ").capitalize())
            link.inner_html = f'<span class="menu-text">{html.escape(name)}</span>'
    for nav in tree.css("#quarto-header nav"):
        nav.attrs["aria-label"] = "Site"
        drop_attributes(nav, "data-bs-theme")
    remove(tree.css(".navbar-toggler"))  # few links: they are always in sight, and need no menu that opens
    for part in tree.css("#quarto-header *"):
        set_classes(part, [name for name in classes(part) if name not in NEEDLESS])
    append(tree.css_first("#quarto-header .navbar-container"), TOOLS)
    body = tree.body
    if body is not None:
        set_classes(body, [name for name in classes(body) if name not in ("nav-fixed", "quarto-light", "quarto-dark")])


def _side_bars(page: Page) -> None:
    """Their titles are no headings: they come before the page's own first one."""
    for title in page.tree.css("#toc-title, .quarto-listing-category-title"):
        name = title.id or "categories-title"
        title.replace_with(element(f'<p class="side-title" id="{name}">{html.escape(text_of(title))}</p>'))
    for toc in page.tree.css("nav#TOC"):
        toc.attrs["aria-labelledby"] = "toc-title"
        heading, entries = toc.css_first("#toc-title"), toc.css_first("ul")
        if heading is not None and entries is not None:  # where there is no room beside the text it can be folded
            summary = f'<summary class="side-title" id="toc-title">{html.escape(text_of(heading))}</summary>'
            entries.replace_with(element(f"<details open>{summary}{entries.html}</details>"))
            remove([heading])
        for node in toc.css("[id^='toc-']:not(#toc-title)"):
            drop_attributes(node, "id", "data-scroll-target")
        for node in toc.css("ul.collapse"):  # Quarto's script would unfold it
            set_classes(node, [name for name in classes(node) if name != "collapse"])
    for box in page.tree.css("div.quarto-listing-category"):
        counted = [(_category(node), text_of(node)) for node in box.css(".category")]
        buttons = "".join(
            f'<button type="button" data-category="{html.escape(name)}" aria-pressed="{str(not name).lower()}">'
            f"{html.escape(text)}</button>"
            for name, text in counted
        )
        box.replace_with(element(f'<div class="categories" role="group" aria-label="Categories">{buttons}</div>'))


def _category(node: Node) -> str:
    count = text_of(node).rpartition(" (")
    return "" if node.attributes.get("data-category") in ("", None) else count[0] or count[2]


def _headings(page: Page) -> None:
    """A link to each section at its heading."""
    for heading in page.tree.css("main .anchored[data-anchor-id]"):
        if not re.fullmatch("h[1-6]", heading.tag or "") or heading.css_first(".anchorjs-link"):
            continue
        target = heading.attributes["data-anchor-id"]
        append(heading, f'<a class="anchorjs-link" href="#{target}" aria-label="Link to the section">#</a>')


def _code(page: Page) -> None:
    """Code with one button that copies it; output as it is; no empty links at the start of lines."""
    remove(page.tree.css("pre.sourceCode a[aria-hidden]"))
    remove(page.tree.css(".code-copy-button"))
    for output in page.tree.css(".cell-output .code-copy-outer-scaffold"):
        code = output.css_first("pre")
        if code is not None:
            output.replace_with(element(f"<pre><code>{html.escape(code.text())}</code></pre>"))
    for scaffold in page.tree.css(".code-copy-outer-scaffold"):
        append(scaffold, COPY)
    for cell in page.tree.css('div.cell[data-broken="true"]'):
        for button in cell.css(".code-copy-button"):
            button.inner_html = "Copy broken code"
        if cell.child is not None:
            cell.child.insert_before(element('<p class="broken-mark">Broken on purpose</p>'))
    for pre in page.tree.css("main pre"):
        pre.attrs["translate"] = "no"
    for code in page.tree.css("code.sourceCode"):
        code.inner_html = _merged(code.inner_html or "")
    for cell in page.tree.css("div.cell[execution_count]"):
        cell.attrs["data-execution_count"] = cell.attributes["execution_count"] or ""
        drop_attributes(cell, "execution_count")
    for output in page.tree.css(".cell-output[execution_count]"):
        drop_attributes(output, "execution_count")
    for box in page.tree.css("div[alt]"):
        drop_attributes(box, "alt")  # Quarto leaves a figure's text alternative on its box, too


def _merged(tokens: str) -> str:
    """Code as HTML without the marks that change nothing to the eye; they are a tenth of a page."""
    text = FINE.sub(lambda kind: ALIASES[kind[0]], PLAIN.sub(r"\1", tokens))
    while (shorter := ALIKE.sub(r"\1", text)) != text:
        text = shorter
    return text


def _tabs(page: Page) -> None:
    """A tab leads to its panel, which bears its name: the script shows one at a time; without it, all are there."""
    for tab in page.tree.css('.panel-tabset a[role="tab"][aria-controls]'):
        name = tab.attributes["aria-controls"]
        tab.attrs["href"] = f"#{name}"
        drop_attributes(tab, "data-bs-toggle", "data-bs-target")
        for panel in page.tree.css(f'.tab-pane[id="{name}"]'):
            panel.attrs["data-title"] = text_of(tab)


def _tables(page: Page) -> None:
    """A wide table scrolls in a box of its own, which the keyboard can reach."""
    for code in page.tree.css("main td code"):
        code.inner_html = re.sub(
            r"([.(])(?=[\w*]{3})", r"\1<wbr>", code.inner_html or ""
        )  # on a phone a long name may break
    number = 0
    for table in page.tree.css("main table"):
        parent = table.parent
        if parent is not None and "table-box" in classes(parent):
            continue
        number += 1
        caption = table.css_first("caption") or _caption_around(table)
        name = text_of(caption) if caption is not None else f"Table {number}"
        box = f'<div class="table-box" role="region" tabindex="0" aria-label="{html.escape(name)}">{table.html}</div>'
        (parent if parent is not None and "sd-table" in classes(parent) else table).replace_with(element(box))


def _caption_around(table: Node) -> Node | None:
    """The caption of the figure that a table stands in."""
    node = table.parent
    while node is not None and node.tag not in ("figure", "main"):
        node = node.parent
    return node.css_first("figcaption") if node is not None and node.tag == "figure" else None


def _link_categories(page: Page, listing: PurePosixPath) -> None:
    """An article's categories lead to the articles that share them."""
    for category in page.tree.css("#title-block-header .quarto-category"):
        name = html.escape(text_of(category))
        category.inner_html = f'<a href="{page.up}{listing}#category={quote(text_of(category))}">{name}</a>'
