"""Whatever stands in an article or a frozen record: our own error, in one line that names the file, or a right result.

``make test`` tries a few hundred cases, the same each time; ``make fuzz`` tries 100,000 new ones (``FUZZ=…`` says how
many).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from awaited.finish import markup
from awaited.memory import freezer
from awaited.memory.document import document
from awaited.memory.results import CellResult, Frozen
from awaited.read.articles import Article, decode, parse
from awaited.read.errors import AwaitedError, SeveralError
from awaited.read.project import Project
from awaited.tangle.scripts import tangle
from awaited.weave.references import resolve

ARTICLE = (Path(__file__).parents[2] / "posts/async-python-basics/index.qmd").read_text(encoding="utf-8")
PAGE = Path("posts/x.qmd")
PROJECT = Project(Path(__file__).parent, {})
LIMIT = 20
"""Seconds of computing that one case may take; the longest takes one."""
LONG_RUN = int(os.environ.get("FUZZ", 0))


def cases(short: int, share: float) -> Callable[[Any], Any]:
    """How many cases a test tries: a few that are always the same, or its share of a long run."""
    return settings(
        max_examples=max(1, round(LONG_RUN * share)) if LONG_RUN else short,
        derandomize=not LONG_RUN,
        **({} if LONG_RUN else {"database": None}),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """Fails a case that hangs."""

    def hangs(*_: object) -> None:
        raise AssertionError(f"still at work after {LIMIT} s")

    before = signal.signal(signal.SIGVTALRM, hangs)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)  # the time of this process, however busy the machine is
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextlib.contextmanager
def only_our_error() -> Iterator[None]:
    """Passes over an error that a person can put right, if it is said as it should be."""
    try:
        with in_time():
            yield
    except AwaitedError as error:
        for said in map(str, error.errors if isinstance(error, SeveralError) else [error]):
            assert said.startswith(f"{PAGE}:"), said
            assert said.isprintable(), said
            assert len(said) < 1000, said


# --- Articles ---------------------------------------------------------------------------------------------------------

WORDS = ["first", "wait", "@fig-a", "@tbl-b", "`code`", "*so*", "$x$", "[a](b.html)", "naïve", "\u202eright", "{#id}"]
STRANGE = [
    "\0",
    "\x1b[31m",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ud800",
    "\t",
    "\x0b",
    "\x0c",
    "\r",
    "\U0001f600",
    "\xa0",
    "\\",
]
LONG = [
    mark * 2000
    for mark in (*" `~:#[]{}()\"'*_|@!\\<>-a\t", "![", "[^", "{{<", "<a ", "a ", "` ", "@fig-a ", "(a", "- ")
]
LONG += [
    start + mark * 1000 + "b"
    for start in ("# a", "# a {", ": a", "![a](", "[a", "a", "a\r")
    for mark in (" ", "}", "{#tbl-a ", "\\", "[", " #", "`")
]
NAMES = [
    *("label", "echo", "eval", "include", "output", "warning", "error", "example", "code-fold", "fig-cap", "tbl-cap"),
    *("python", "varies", "timeout", "fig-width", "fig-dpi", "fig-format", "classes", "execute", "format", "jupyter"),
    *("title", "date", "categories", "<<", "? a", "''", "3", "~", "&a b", "*a", "!!x y", "filters", "engine"),
]
VALUES = [
    *("true", "false", "yes", "3", "-1", "0", ".nan", ".inf", "1e999", "1_000", "12:30:45", "0x1F", "0o8", "~", ""),
    *("a", "fig-a", "tbl-b", "a/b", "../../x", "a b", "é", "x" * 300, "'a", '"\\ud800"', '"\\0"', "|", ">-", "@a", "%"),
    *("[a, b]", "[a", "{a: b}", "{[a]: b}", "a: b", "&a b", "*a", "&a [*a]", "&a {<<: *a}", "{<<: 3}", "? x", "- 3"),
    *("!!python/object:os.system x", "!!binary a", "!!set {a}", "!!int x", "!!int ''", "!!bool x", "!!timestamp x"),
    *("2020-01-01", "2020-13-45", "'>=3.12'", "'>=x'", "'('", "'(a+)+$'", "asis", "fenced", "show", "retina"),
    *("[" * 1100, "{a: " * 400, "- " * 1000, "9" * 5000, "{html: {echo: 3}}", "{echo: [a]}", "{kernelspec: 3}"),
]
CODE = [
    *(
        "print(1)",
        "x = 1",
        "await f()",
        "import a.b as c",
        "from . import *",
        "def f(x=y): return x",
        "class A(B): z = 1",
    ),
    *("%magic", "!ls", "x?", "if", "  x = 1", "x = '''", '"\\d"', "#| late: 1", "# | spaced: 1", "#", "@d", "yield 1"),
    *(
        "x" + " + x" * 1200,
        "(" * 150 + ")" * 150,
        "x = " + "-" * 1200 + "1",
        "9" * 5000,
        "a" + ".b" * 1200,
        "\0",
        "\ud800",
    ),
    *(
        "if __name__ == '__main__': run(x)",
        "from __future__ import annotations",
        "global x",
        "match x:\n    case y: y()",
    ),
    *("del x", "return", "nonlocal x", "f'{x!r:{y}}'", "type X = int", "async with a as b: b()", "[y := x for x in z]"),
    *(
        "exec('x')",
        "import x; x.y = 2; print(x)",
        "try: a()\nexcept* B: c()",
        "lambda: (yield)",
        "print(display, __file__)",
    ),
]
LINES = [
    *("```", "````", "~~~", "~~~~", "    ```", "\t```", "``` {python}", "```{python}", "```python", "````{python}"),
    *("```{{python}}", "```{python .a}", "```{python, a}", "```{r}", "``` {=html}", "```{.python}", "> ```{python}"),
    *(
        "- ```{python}",
        "  ```{python}",
        "\u2003```{python}",
        "\t```{python}",
        "`````",
        "::: {.a}",
        ":::",
        ":::: {#b x = y}",
    ),
    *(
        "<!--",
        "-->",
        "<div>",
        "</div>",
        "<pre>",
        "<script>",
        "</script>",
        "---",
        "...",
        "# Heading {#a}",
        "## B #",
        "#",
    ),
    *(
        "| a | b |",
        "|---|---|",
        ": Cap {#tbl-b}",
        "![c](a.png){#fig-a}",
        "[a]: b",
        "$$",
        "{{< env HOME >}}",
        "{{<",
        "&lt;",
    ),
    *(
        "#| label: a",
        "#| echo: false",
        "    code",
        "1. one",
        "- two",
        "> three",
        "",
        " ",
        "\\",
        "*",
        "[^1]: note",
        "Term\n: def",
    ),
]
LAUGHS = "\n".join(f"{n}: &{n} [{', '.join(['*' + chr(ord(n) - 1)] * 9 if n > 'a' else '3')}]" for n in "abcdefghij")
MERGES = LAUGHS.replace("[", "{<<: [").replace("3", "{a: 3}").replace("]", "]}")


@st.composite
def cells(draw: st.DrawFn) -> str:
    """A cell, most of the time."""
    ticks, indent = "`" * draw(st.integers(3, 5)), draw(st.sampled_from(["", "", "", "  ", "    ", "\t", "> "]))
    info = draw(
        st.sampled_from(["{python}"] * 4 + [" {python}", "{python }", "{python, a}", "{python a=b}", "{.python}"])
    )
    names, values = st.sampled_from(NAMES), st.sampled_from(VALUES)
    options = draw(st.lists(st.builds("#| {}: {}".format, names, values), max_size=3))
    label = draw(st.sampled_from([[], *([f"#| label: {name}"] for name in ("a", "b", "c", "d", "fig-a", "tbl-b"))]))
    body = draw(st.lists(st.sampled_from(CODE) | st.sampled_from(CODE[:8]), max_size=4))
    closing = draw(st.sampled_from([ticks] * 6 + [ticks + "`", ticks + " a", "", "~~~"]))
    return "\n".join(indent + line for line in "\n".join([ticks + info, *label, *options, *body, closing]).split("\n"))


@st.composite
def headers(draw: st.DrawFn) -> str:
    """Front matter, most of the time."""
    lines = draw(st.lists(st.builds("{}: {}".format, st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=4))
    nested = draw(st.lists(st.builds("  {}: {}".format, st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=2))
    opening, closing = (
        draw(st.sampled_from(["---"] * 8 + [" ---", "----", ""])),
        draw(st.sampled_from(["---", "...", ""])),
    )
    lines += draw(
        st.sampled_from([[], [], [], [LAUGHS, "title: *j"], [MERGES, "execute: *j"], [LAUGHS, "jupyter: *j"]])
    )
    return "\n".join([opening, *lines, *(["execute:", *nested] if nested else []), closing])


PIECES = st.one_of(
    cells(),
    cells(),
    st.sampled_from(LINES),
    st.lists(st.sampled_from(WORDS) | st.sampled_from(STRANGE), max_size=6).map(" ".join),
    st.sampled_from(LONG),
    st.text(max_size=20),
)
MADE = st.builds(
    lambda header, pieces, end: (header + "\n" if header else "") + end.join(pieces),
    st.just("") | headers(),
    st.lists(PIECES, max_size=8),
    st.sampled_from(["\n", "\n", "\n\n", "\r\n", "\r"]),
)


@st.composite
def changed(draw: st.DrawFn) -> str:
    """The real article, damaged."""
    lines = ARTICLE.split("\n")
    for _ in range(draw(st.integers(1, 6))):
        kind, place = (
            draw(st.sampled_from(["delete", "double", "swap", "insert", "cut", "put"])),
            draw(st.integers(0, 10**6)),
        )
        place %= max(1, len(lines))
        if kind == "delete":
            del lines[place : place + draw(st.integers(1, 3))]
        elif kind == "double":
            lines[place:place] = lines[place : place + draw(st.integers(1, 20))]
        elif kind == "swap" and lines:
            other = draw(st.integers(0, len(lines) - 1))
            lines[place], lines[other] = lines[other], lines[place]
        elif kind == "insert":
            lines.insert(place, draw(PIECES))
        elif lines:
            line = lines[place]
            column = draw(st.integers(0, len(line)))
            new = "" if kind == "cut" else draw(st.sampled_from(STRANGE + list("`~:{}[]#-'\"")) | st.characters())
            lines[place] = line[:column] + new + line[column + (kind == "cut") :]
    return "\n".join(lines)


TEXTS = st.one_of(MADE, MADE, MADE, changed(), st.text(max_size=300))

# --- What cells may give ----------------------------------------------------------------------------------------------

HOSTILE = [
    *("<b>bold</b> &amp; &lt;", "```", "````\n", "~~~", ":::", "::: {.x}", "::: {#a b = c}", "``` {=html}", "{=html}"),
    *("</code></pre><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "]]>", "<iframe src='//a'>"),
    *(
        "{{< env HOME >}}",
        "{{< include /etc/passwd >}}",
        "{{<",
        "{{% x %}}",
        "{{{< meta title >}}}",
        "{{ x }}",
        "<% x %>",
    ),
    *(
        "@fig-x",
        "$math$",
        "\\(x\\)",
        "[a](javascript:alert(1))",
        "![a](http://b/c.png)",
        "# Heading",
        "| a |",
        "---",
        "    x",
    ),
    *(
        "\x1b]8;;http://a\x07link\x1b]8;;\x07",
        "\x1b[31mred\x1b[0m",
        "50%\r100%",
        "\0",
        "\x85",
        "\u2028",
        "\u202e",
        "\ufeff",
    ),
    *(
        "\ud800",
        "\ufffe",
        "\t",
        "\v",
        "\f",
        "\x1b",
        "\xad",
        "\u200b",
        "[^1]: x",
        "[a]: b",
        "*",
        "#| echo: false",
        "\\",
        "&#x3c;",
    ),
    *(
        "(1)",
        "1. a",
        "> a",
        ": a",
        "term\n: a",
        "+++",
        "%%%",
        "$$\nx\n$$",
        "a\n\n\nb",
        "\n",
        " ",
        "#",
        "```{python}\nx\n```",
    ),
]
PRINTED = st.lists(
    st.sampled_from(HOSTILE) | st.sampled_from(["\n", "\n", " "]) | st.text(max_size=5), max_size=12
).map("".join)
TEXT = PRINTED | st.lists(PRINTED, max_size=3)
DISPLAYS = st.dictionaries(
    st.sampled_from(["text/plain", "text/html", "text/markdown", "text/latex", "x/y"]), TEXT, max_size=3
)
OUTPUTS = st.one_of(
    st.builds(
        lambda name, text: {"output_type": "stream", "name": name, "text": text},
        st.sampled_from(["stdout", "stderr"]),
        TEXT,
    ),
    st.builds(lambda data: {"output_type": "display_data", "data": data, "metadata": {}}, DISPLAYS),
    st.builds(
        lambda data: {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}, DISPLAYS
    ),
    st.builds(
        lambda text, lines: {"output_type": "error", "ename": text, "evalue": text, "traceback": lines},
        PRINTED,
        st.lists(PRINTED, max_size=3),
    ),
)
Results = list[list[dict[str, Any]]]
RESULTS = st.lists(st.lists(OUTPUTS, max_size=3), max_size=4)


def frozen(article: Article, results: Results) -> Frozen:
    """Kept results of an article, its cells' outputs chosen in turn."""
    given = results or [[]]
    kept = (CellResult(c.number, 0.1, given[n % len(given)]) for n, c in enumerate(article.cells) if c.is_evaluated)
    return Frozen({}, "2026-01-05T10:00:00+00:00", "3.14.0", tuple(kept))


# --- The properties ---------------------------------------------------------------------------------------------------


def prose(article: Article, markdown: str) -> None:
    """Asserts that the lines around an article's cells stand in its Markdown, byte for byte and in order."""
    lines, at, parts = article.text.split("\n"), 0, []
    for cell in article.cells:
        parts.append("\n".join(lines[at : cell.line - 1]))
        at = cell.end_line
    parts.append("\n".join(lines[at:]))
    assert markdown.startswith(parts[0])
    assert markdown.endswith(parts[-1])
    place = 0
    for part in parts:
        found = markdown.find(part, place)
        assert found >= 0, part
        place = found + len(part)


@given(TEXTS, RESULTS)
@cases(200, 0.66)
def test_any_article(tmp_path_factory: pytest.TempPathFactory, text: str, results: Results) -> None:
    with only_our_error():
        article = parse(text, PAGE, {"execute": {"warning": False}})
        for cell in article.cells:
            assert article.text.split("\n")[cell.line - 1].startswith(f"{cell.indent}```")
        kept = frozen(article, results)
        markdown, _ = document(article, kept)
        prose(article, markdown)
        warnings: list[str] = []
        assert resolve(markdown, warnings.append).count("\n") >= markdown.count("\n")


@given(TEXTS)
@cases(80, 0.14)
def test_scripts_of_any_article(text: str) -> None:
    with only_our_error():
        for script in tangle(parse(text, PAGE), PROJECT).values():
            with warnings.catch_warnings(action="ignore"):
                compile(script.text, str(script.path), "exec", dont_inherit=True)


UNICODE = MADE.map(lambda text: text.encode("utf-8", "surrogatepass"))
BYTES = st.binary(max_size=200) | st.lists(st.binary(max_size=9) | UNICODE, max_size=3).map(b"".join)
BYTES |= MADE.map(lambda text: text.encode("utf-16", "surrogatepass"))


@given(BYTES)
@cases(60, 0.06)
def test_any_bytes(data: bytes) -> None:
    with only_our_error():
        assert "\r" not in parse(decode(data, PAGE), PAGE).text


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a JSON value."""
    yield way
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(part, (*way, key))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
RECORDED = parse("---\ntitle: x\n---\n\n" + "".join(f"```{{python}}\n#| label: {n}\nx\n```\n" for n in "abcd"), PAGE)


@given(RESULTS, st.integers(0, 10**6), ANYTHING, st.sampled_from(["put", "delete", "rename", "cut", "byte"]), st.data())
@cases(150, 0.1)
def test_a_damaged_record_is_right_or_stale(
    tmp_path_factory: pytest.TempPathFactory,
    results: Results,
    place: int,
    new: Any,
    damage: str,
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    freezer.write(folder, RECORDED, b"", frozen(RECORDED, results))
    file = freezer.record_file(folder, PAGE)
    whole = file.read_bytes()
    if damage in ("cut", "byte"):
        place %= len(whole)
        file.write_bytes(
            whole[:place] + (data.draw(st.binary(max_size=3)) + whole[place + 1 :] if damage == "byte" else b"")
        )
    else:
        record = json.loads(whole)
        ways = list(places(record))[1:]
        *above, last = ways[place % len(ways)]
        inner = record
        for key in above:
            inner = inner[key]
        if damage == "put":
            inner[last] = new
        elif damage == "rename" and isinstance(inner, dict):
            inner[data.draw(st.text(max_size=3))] = inner.pop(last)
        else:
            del inner[last]
        file.write_text(json.dumps(record))
    with in_time():
        kept = freezer.read(folder, PAGE)
        if kept is not None:  # then all that is done with a record works
            document(RECORDED, kept)
            freezer.write(folder, RECORDED, b"", kept)
            assert freezer.read(folder, PAGE) == kept
        with contextlib.suppress(AwaitedError):
            resolve(freezer.markdown(folder, PAGE), lambda _: None).encode()


# --- The woven page ---------------------------------------------------------------------------------------------------


Woven = Callable[[str, Callable[[Article], Frozen]], LexborHTMLParser]
PLAIN_WORDS = st.text("abcdefghijklmnopqrstuvwxyzäöüßéñ0123456789", min_size=1, max_size=8)
SENTENCES = st.lists(PLAIN_WORDS, min_size=1, max_size=8).map(" ".join)
PROSE = st.one_of(
    SENTENCES,
    SENTENCES,
    SENTENCES.map("## {}".format),
    SENTENCES.map("> {}".format),
    SENTENCES.map("- {}".format),
    SENTENCES.map("**{}**".format),
    SENTENCES.map("<div>\n\n{}\n\n</div>".format),
    SENTENCES.map("::: {{.callout-note}}\n{}\n:::".format),
    SENTENCES.map("````\n{}\n````".format),
    SENTENCES.map("Before[^1] {}\n\n[^1]: note".format),
)
CELL = "```{{python}}\n#| label: {}\nx = 1\n```"


def words(text: str) -> list[str]:
    """The words of a text, without the signs of Markdown."""
    return re.findall(r"[^\W_]+", text)


@given(st.lists(PROSE, min_size=1, max_size=5), RESULTS)
@cases(25, 0.02)
def test_prose_reaches_the_page(woven: Woven, parts: list[str], results: Results) -> None:
    text = "---\ntitle: Trial\n---\n\n" + "\n\n".join(f"{p}\n\n{CELL.format(f'l{n}')}" for n, p in enumerate(parts))
    results = [[o for o in outputs if not {"text/html", "text/markdown", "text/latex"} & {*o.get("data", {})}]
               for outputs in results]  # fmt: skip
    with in_time():
        main = woven(text, lambda article: frozen(article, results)).css_first("main")
    assert len(main.css("div.cell")) == len(parts)
    for cell in main.css("div.cell"):
        cell.decompose()
    shown = iter(words(main.text(separator=" ")))
    for part in parts:
        for word in words(
            re.sub(r"\[\^1\](?:: note)?|callout-note", "", part.replace("<div>", "").replace("</div>", ""))
        ):
            assert word in shown, (word, text)


def test_the_real_prose_reaches_the_page(site: Path) -> None:
    page = markup.read(site / "posts/async-python-basics/index.html")
    for node in page.css("main .cell, main #title-block-header"):
        node.decompose()
    article = parse(ARTICLE, PAGE)
    text = article.with_cells({cell.number: "" for cell in article.cells}).split("---\n", 2)[2]
    text = re.sub(r"(?m)^: .*|\]\([^)]*\)|\{[^}\n]*\}|<!--.*?-->|@[\w-]+|^:::.*|\[\^\w+\]:?|^```.*", " ", text)
    shown = iter(words(page.css_first("main").text(separator=" ")))
    found = words(text)
    assert len(found) > 500
    for place, word in enumerate(found):
        assert word in shown, " ".join(found[max(0, place - 10) : place + 1])


@given(TEXTS, RESULTS)
@cases(25, 0.02)
def test_any_article_can_be_woven(woven: Woven, text: str, results: Results) -> None:
    with only_our_error():
        assert woven(text, lambda article: frozen(article, results)).css_first("main") is not None
