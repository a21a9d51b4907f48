"""Evaluates inline code in an article's kernel, where it stands, and gives its value as Markdown, as Quarto does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from awaited.memory.outputs import joined
from awaited.memory.plain_text import plain
from awaited.read.articles import Article
from awaited.read.errors import AwaitedError
from awaited.read.inline import Inline

if TYPE_CHECKING:
    from nbclient import NotebookClient

LIMIT = 60.0
"""Seconds that the inline code between two cells may take."""
MARKUP = re.compile(r"[\\`*_{}\[\]()<>#+\-.!|~^$@&\"':=]")
"""Signs that Markdown may read something into."""


async def evaluate(client: NotebookClient, article: Article, codes: Sequence[Inline]) -> list[str]:
    """The values of some inline code, as Markdown; raises AwaitedError for the first that raises, or takes too long."""
    if not codes:
        return []
    asked = {str(number): code.expression for number, code in enumerate(codes)}
    channels: Any = client.kc
    question = channels.execute("", silent=True, store_history=False, user_expressions=asked)
    try:
        async with asyncio.timeout(LIMIT):
            answers = (await _answer(channels, question)).get("user_expressions", {})
    except TimeoutError:
        wrong = f"inline code still running after {LIMIT:g} s; compute it in a cell"
        raise AwaitedError(wrong, article.path, codes[0].line) from None
    return [_shown(answers.get(str(number), {}), code, article) for number, code in enumerate(codes)]


async def _answer(channels: Any, question: str) -> Mapping[str, Any]:
    while True:
        message = await channels.shell_channel.get_msg(timeout=None)
        if message["parent_header"].get("msg_id") == question:
            content: Mapping[str, Any] = message["content"]
            return content


def _shown(answer: Mapping[str, Any], code: Inline, article: Article) -> str:
    """A value as Markdown: what it displays as Markdown or HTML, else its text, to the letter."""
    if answer.get("status") != "ok":
        wrong = f"{answer.get('ename', 'error')}: {plain(str(answer.get('evalue', '')))}".rstrip(": ")
        raise AwaitedError(f"inline code `{code.expression}`: {wrong}", article.path, code.line)
    data = answer["data"]
    if "text/markdown" in data:
        return joined(data["text/markdown"]).strip()
    if "text/html" in data:
        html = joined(data["text/html"]).strip()
        ticks = "`" * (1 + max((len(run) for run in re.findall("`+", html)), default=0))
        return f"{ticks}{html}{ticks}{{=html}}"
    text = plain(joined(data.get("text/plain", ""))).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return text if re.fullmatch(r"\d+(?:\.\d+)?", text) else MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
