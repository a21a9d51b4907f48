"""What a snippet prints stands on the page as it was printed, and is never markup or script there."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from awaited.memory.plain_text import plain
from awaited.memory.results import CellResult, Frozen
from awaited.read.articles import Article

LONG_RUN = int(os.environ.get("FUZZ", 0))
HOSTILE = [
    *(
        "</code></pre><script>window.hacked = 1</script>",
        "<img src=x onerror='window.hacked = 1'>",
        "<!--",
        "]]>",
        "<b>",
    ),
    *(
        "<iframe src='//a.example'></iframe>",
        "<svg onload=alert(1)>",
        "<base href='//a.example'>",
        "<plaintext>",
        "<style>",
    ),
    *("&lt;b&gt;", "&amp;", "&#x3c;script>", "`", "``", "```", "````", "~~~", "``` {=html}", "{=html}", "`<b>`{=html}"),
    *(":::", "::::: {.a}", "::: {#a b = c}", "{#id .class}", "\n:::\n\n:::\n", "[a]{.b}", "[a](javascript:alert(1))"),
    *(
        "![a](http://a.example/b.png)",
        "<http://a.example>",
        "# Heading",
        "| a |\n|---|\n| b |",
        "---",
        "    code",
        "> quote",
    ),
    *(
        "- item",
        "1. item",
        "term\n: text",
        "[^1]",
        "[^1]: note",
        "@fig-x",
        "@cite",
        "$math$",
        "$$\nx\n$$",
        "\\(x\\)",
        "\\",
    ),
    *(
        "{{< env HOME >}}",
        "{{< include /etc/passwd >}}",
        "{{<",
        ">}}",
        "{{{< meta title >}}}",
        "{{ x }}",
        "{% x %}",
        "<% x %>",
    ),
    *(
        "```{python}\nx\n```",
        "#| echo: false",
        "\x1b]8;;http://a.example\x07link\x1b]8;;\x07",
        "\x1b[31mred\x1b[0m",
        "\x1b[",
    ),
    *(
        "50%\r100%",
        "\r\n",
        "\0",
        "\x08",
        "\x85",
        "\u2028",
        "\u2029",
        "\u202eevil\u202c",
        "\u2066",
        "\ufeff",
        "\ufffd",
        "\ud800",
    ),
    *(
        "\ufffe",
        "\t",
        "\v",
        "\f",
        "\xa0",
        "\xad",
        "\u200b",
        "\n",
        "\n\n\n",
        " ",
        "  \n",
        "a",
        "word",
        "*emphasis*",
        "\\`",
    ),
]
PRINTED = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=6), max_size=10).map("".join)
INDENTED = "- one\n\n{}\n\n- two\n"
CELL = "```{python}\n#| label: a\n#| error: true\nx = 1\n```"
HEADER = "---\ntitle: Trial\n---\n\nBefore @fig-a.\n\n"


def stream(text: str, name: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def value(text: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}, "execution_count": 1}


def error(text: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["Traceback", text]}


KINDS = {
    "stdout": functools.partial(stream, name="stdout"),
    "stderr": functools.partial(stream, name="stderr"),
    "display": value,
    "error": error,
}
Woven = Callable[[str, Callable[[Article], Frozen]], LexborHTMLParser]


def frozen(output: dict[str, Any]) -> Callable[[Article], Frozen]:
    return lambda _: Frozen({}, "2026-01-05", "3.14.0", (CellResult(1, 0.1, (output,)),))


@functools.cache
def elsewhere(woven: Woven, article: str, kind: str) -> str:
    """The whole page but for the output, as it is when that is a harmless word."""
    page = woven(article, frozen(KINDS[kind]("harmless")))
    return taken_out(page)[1]


def taken_out(page: LexborHTMLParser) -> tuple[str, str]:
    """The text of the one output on a page, and the page without it."""
    (pre,) = page.css(".cell-output pre")
    (code,) = pre.css("code")
    assert code.css("*") == [code], "text and nothing else"
    text = code.text()
    code.inner_html = ""
    return text, page.html or ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("indented", [False, True])
@given(printed=PRINTED)
@settings(
    max_examples=LONG_RUN // 200 or 20,
    deadline=None,
    derandomize=not LONG_RUN,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_what_is_printed_is_text(woven: Woven, kind: str, indented: bool, printed: str) -> None:
    cell = "\n".join("    " + line for line in CELL.split("\n")) if indented else CELL
    article = HEADER + (INDENTED if indented else "{}\n\nAfter.\n").format(cell)
    text, rest = taken_out(woven(article, frozen(KINDS[kind](printed))))
    wanted = plain(f"Traceback\n{printed}" if kind == "error" else printed)
    assert text.rstrip("\n") == wanted.rstrip("\n")
    assert rest == elsewhere(woven, article, kind)
