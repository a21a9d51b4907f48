"""Blocks of code that no engine has made; they are highlighted when their page is completed, so kept pages are not."""

from __future__ import annotations

import html

from awaited.finish.markup import Page, drop_attributes
from awaited.weave.code import highlighted

PLAIN = "data-plain"
"""Marks code that waits to be highlighted, and tells its language."""


def block(code: str, language: str) -> str:
    """A block of code in the markup that both engines give theirs."""
    text = f'<code class="sourceCode {language}" {PLAIN}="{language}">{html.escape(code)}</code>'
    pre = f'<pre class="sourceCode {language}">{text}</pre>'
    return f'<div class="code-copy-outer-scaffold"><div class="sourceCode">{pre}</div></div>'


def highlight_blocks(page: Page) -> None:
    """Highlights the blocks of code on a page that wait for it."""
    for code in page.tree.css(f"code[{PLAIN}]"):
        code.inner_html = highlighted(code.text(), code.attributes[PLAIN] or "")
        drop_attributes(code, PLAIN)
