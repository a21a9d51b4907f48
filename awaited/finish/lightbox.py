"""Lets a picture be seen in full (``lightbox:``): it becomes a link to its file, which needs no script."""

from __future__ import annotations

import html

from awaited.finish.markup import Page, element
from awaited.read.articles import Article
from awaited.read.metadata import html_options


def link_pictures(page: Page, article: Article | None) -> None:
    """Makes a link of each picture in the text, where the page asks for that, or of those that ask for it."""
    wants_all = article is not None and bool(html_options(article.metadata).get("lightbox"))
    for picture in page.tree.css("main img[src]" if wants_all else "main img.lightbox[src]"):
        above, is_linked = picture.parent, False
        while above is not None and not is_linked:
            is_linked, above = above.tag == "a", above.parent
        if not is_linked:
            source = html.escape(picture.attributes["src"] or "")
            picture.replace_with(element(f'<a class="lightbox" href="{source}">{picture.html}</a>'))
