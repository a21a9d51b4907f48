"""Highlights code: blocks that no engine has made, and snippets where their engine's colours are not the editor's.

It is done when a page is completed, so kept pages are not.
"""

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


def highlight_snippets(page: Page) -> None:
    """Highlights the snippets of Quarto's pages as all other code is, and as the editor does it (``editor.js``).

    Those whose lines bear numbers or notes stay as they are.
    """
    for code in page.tree.css("div.cell pre:not(.numberSource, .code-annotation-code) > code.sourceCode.python"):
        if code.css_first('span[id^="cb"]') is not None:
            code.inner_html = highlighted(code.text(), "python")
