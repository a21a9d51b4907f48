"""One trial for each row of the table of features (``_features.qmd``): what is written, what the site then has.

All of them are pages, or files, of one project, which a test builds once with each engine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

CONFIG = """\
project:
  type: website
  resources: [robots.txt]
  pre-render: before.py
website:
  title: Trial
  description: All that can be written.
  site-url: https://trial.example
  favicon: icon.svg
  open-graph: true
  bread-crumbs: true
  reader-mode: true
  announcement: {content: A word to all}
  cookie-consent: true
  navbar:
    left: [{text: Home, href: index.qmd}]
  sidebar:
    contents: [index.qmd, toc.qmd]
  page-footer: {left: At the foot}
  page-navigation: true
execute:
  timeout: 30
toc: true
filters: [caps.lua]
format:
  html:
    theme: [cosmo, own.scss]
    css: own.css
    include-in-header: {text: '<meta name="own" content="head">'}
awaited:
  policy: {img-src: https://pictures.example}
"""
POST = (
    "---\ntitle: A post\ndate: 2026-01-05\ncategories: [news]\nimage: /dot.png\ndescription: Of a post.\n---\nText.\n"
)
DISPLAY = """
```{{python}}
#| label: display
class Shown:
    def _repr_html_(self):
        return {!r}

Shown()
```
"""
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "# A notebook\n\nWords."},
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "42\n"}],
            "source": "#| label: in-notebook\nprint(6 * 7)",
        },
    ],
    "metadata": {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc00000030101"
    "00c9fe92ef0000000049454e44ae426082"
)
FILES: dict[str, str | bytes] = {
    "index.qmd": "---\ntitle: Home\n---\nWelcome.\n",
    "404.qmd": "---\ntitle: Not here\n---\nNo such page.\n",
    "posts/one/index.qmd": POST,
    "posts/_metadata.yml": "author: Ada Folder\n",
    "drafts/draft.qmd": "---\ntitle: A draft\ndraft: true\n---\nNot yet.\n",
    "notebook.ipynb": json.dumps(NOTEBOOK),
    "plain.md": "# Plain\n\nOnly Markdown.\n",
    "_part.qmd": "Included words.\n\n```{python}\n#| label: included\nprint('ran in a part')\n```\n",
    "_variables.yml": "version: 7.8.9\n",
    "caps.lua": "return {}\n",
    "own.css": "main { color: #010203 }\n",
    "own.scss": "/*-- scss:rules --*/\nmain { color: #040506 }\n",
    "own.ejs": "<ul></ul>\n",
    "icon.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    "robots.txt": "User-agent: *\n",
    "data/numbers.csv": "1\n",
    "dot.png": DOT,
    "before.py": "",
    "books.bib": "@book{knuth84, author={Knuth, Donald E.}, title={Literate Programming}, year={1984},"
    " publisher={CSLI}}\n",
}


@dataclass(frozen=True)
class Trial:
    """What is written for a feature, and how one sees whether it works."""

    text: str = ""
    """The page, if it has one of its own, named after the feature."""
    shows: Sequence[str] = ()
    """What the page, or the file, then has: regular expressions."""
    file: str = ""
    """The file of the site to look at, where that is not the trial's own page."""
    named: str = ""
    """What a build without Quarto says, where the feature is left out then."""
    needs: str = ""
    """The program that Quarto needs for it, besides Python; without it the page is not made."""
    with_quarto: Sequence[str] = ()
    """What a page made by Quarto has, where that differs."""


def page(header: str, text: str = "Text.") -> str:
    """A page with a header."""
    return f"---\n{header}\n---\n\n{text}\n"


WEBSITE = {
    "navbar": Trial(shows=[r'class="[^"]*navbar', "Home"], file="index.html"),
    "sidebar": Trial(shows=["sidebar", "toc.html"], file="index.html"),
    "breadcrumbs": Trial(shows=["breadcrumb"], file="index.html"),
    "page footer": Trial(shows=["At the foot"], file="index.html"),
    "search": Trial(shows=["Only Markdown"], file="search.json"),
    "favicon": Trial(shows=['icon.svg"'], file="index.html"),
    "open-graph": Trial(shows=['property="og:title"'], file="index.html"),
    "sitemap": Trial(shows=["https://trial.example/toc.html"], file="sitemap.xml"),
    "404.qmd": Trial(shows=["No such page"], file="404.html"),
    "_metadata.yml": Trial(shows=["Ada Folder"], file="posts/one/index.html"),
    "pages in Markdown": Trial(shows=["Only Markdown"], file="plain.html"),
    "project resources": Trial(shows=["User-agent"], file="robots.txt"),
    "pre-render": Trial(file="index.html", named="'pre-render' is left out", with_quarto=["Welcome"]),
    "page resources": Trial(page("title: R\nresources: [data/*.csv]"), ["1"], "data/numbers.csv"),
    "aliases": Trial(page("title: Moved\naliases: [/former.html]"), ["aliases.html"], "former.html"),
    "drafts": Trial(shows=["(?s)^((?!Not yet).)*$"], file="search.json"),
    "about": Trial(
        page(
            "title: Me\nimage: dot.png\nabout:\n  template: jolla\n  links: [{text: Elsewhere, href: 'https://e.example'}]"
        ),
        ["Elsewhere", "dot.png"],
    ),
    "listing: default": Trial(page("listing: {contents: posts}"), ["Of a post", "A post"]),
    "listing: grid": Trial(
        page("listing: {contents: posts, type: grid, categories: true}"), ["Of a post", "dot.png", "news"]
    ),
    "listing: table": Trial(
        page("listing: {contents: posts, type: table}"), ["<t[hd][^>]*>[^<]*(?:<a[^>]*>)?Title", "A post"]
    ),
    "listing template": Trial(
        page("listing: {contents: posts, template: own.ejs}"),
        ["A post"],
        named="'listing.template' is left out",
        with_quarto=["<ul>"],
    ),
    "announcement": Trial(file="index.html", named="'website.announcement' is left out", with_quarto=["A word to all"]),
    "reader-mode": Trial(file="index.html", named="'website.reader-mode' is left out", with_quarto=["reader"]),
    "cookie-consent": Trial(file="index.html", named="'website.cookie-consent' is left out", with_quarto=["cookie"]),
    "include": Trial("{{< include _part.qmd >}}\n", ["Included words", "ran in a part"]),
    "shortcode meta": Trial(page("title: M\nmine: of the header", "{{< meta mine >}}"), ["of the header</p>"]),
    "shortcode var": Trial("{{< var version >}}\n", ["7.8.9"]),
    "shortcode kbd": Trial("{{< kbd Ctrl-C >}}\n", ["<kbd[^>]*>Ctrl"]),
    "shortcode pagebreak": Trial("Before.\n\n{{< pagebreak >}}\n\nAfter.\n", ["After"]),
    "shortcode video": Trial(
        "{{< video https://www.youtube.com/embed/abc >}}\n",
        ["youtube.com/embed/abc"],
        named="a frame of https://www.youtube.com/embed/abc is a link to it",
    ),
    "shortcode embed": Trial(
        "{{< embed notebook.ipynb#in-notebook >}}\n",
        named="the shortcode 'embed' is printed as it stands",
        with_quarto=["42"],
    ),
    "shortcodes of extensions": Trial(
        "{{< fa star >}}\n", ["fa star"], named="the shortcode 'fa' is printed as it stands", with_quarto=["fa"]
    ),
    "Lua filters": Trial(file="index.html", named="the filter 'caps.lua' is left out", with_quarto=["Welcome"]),
}
HTML = {
    "toc": Trial("# One\n\nA.\n\n## Two\n\nB.\n", ['id="TOC"', 'href="#two"']),
    "number-sections": Trial(page("title: N\nnumber-sections: true", "## Two\n\nB."), ["header-section-number", "1"]),
    "subtitle, author, date": Trial(
        page("title: T\nsubtitle: Below\nauthor: Ada Writer\ndate: 2026-02-03"), ["Below", "Ada Writer", "2026"]
    ),
    "footnotes": Trial("A word.[^1]\n\n[^1]: Of a note.\n", ["Of a note", "footnote"]),
    "citations": Trial(
        page("title: C\nbibliography: books.bib", "As @knuth84 says [@knuth84, p. 9]."),
        ["Knuth", "1984", "Literate Programming", "CSLI"],
    ),
    "callouts": Trial("::: {.callout-tip}\n## Told\nDo it.\n:::\n", ["callout-tip", "Told", "Do it"]),
    "tabsets": Trial("::: {.panel-tabset}\n## One\nAlpha.\n\n## Two\nBeta.\n:::\n", ['role="tab"', "One", "Beta"]),
    "columns": Trial(
        ":::: {.columns}\n::: {.column width='50%'}\nLeft.\n:::\n::: {.column width='50%'}\nRight.\n:::\n::::\n",
        ["Left", "Right", 'class="column'],
    ),
    "margin notes": Trial("::: {.column-margin}\nAside.\n:::\n", ["Aside", "margin"]),
    "figures": Trial("![A dot](dot.png){#fig-dot}\n\nSee @fig-dot.\n", ["Figure.1: A dot", 'href="#fig-dot"']),
    "figure layout": Trial("::: {layout-ncol=2}\n![](dot.png)\n\n![](dot.png)\n:::\n", ["quarto-layout"]),
    "lightbox": Trial("![A dot](dot.png){.lightbox}\n", ['<a[^>]*lightbox|<a [^>]*href="dot.png"']),
    "cross-references: tables": Trial("| a |\n|---|\n| b |\n\n: Words {#tbl-w}\n\nSee @tbl-w.\n", ["Table.1"]),
    "cross-references: equations": Trial("$$\nx = 1\n$$ {#eq-x}\n\nSee @eq-x.\n", ['href="#eq-x"', "Equation.1"]),
    "cross-references: sections": Trial(
        page("number-sections: true\ntitle: S", "## First {#sec-first}\n\nSee @sec-first."), ["Section.1", "#sec-first"]
    ),
    "cross-references: listings": Trial(
        '```{.python #lst-x lst-cap="A loop"}\nx\n```\n\nSee @lst-x.\n', ["Listing.1: A loop", "#lst-x"]
    ),
    "theorems": Trial("::: {#thm-one}\n## Euclid\n\nThere is more.\n:::\n\nBy @thm-one.\n", ["Theorem.1", "Euclid"]),
    "maths": Trial("Let $x^2$ be, and\n\n$$\n\\begin{aligned} a &= b \\end{aligned}\n$$\n", ["<math", "<msup"]),
    "diagrams (mermaid)": Trial(
        "```{mermaid}\ngraph TD; A-->B\n```\n", ["graph TD"], named="a diagram in mermaid is shown as its text"
    ),
    "diagrams (dot)": Trial(
        "```{dot}\ndigraph { a }\n```\n",
        ["digraph"],
        named="a diagram in dot is shown as its text",
        with_quarto=["<svg|digraph"],
    ),
    "code highlighting": Trial("```python\nimport os\n```\n", ['class="im">import']),
    "code with a file name": Trial('```{.python filename="run.py"}\nx\n```\n', ["run.py"]),
    "code line numbers": Trial("```{.python .numberLines}\nx\n```\n", ["(?i)number-?lines|numberSource|code-line"]),
    "code-fold": Trial("```{python}\n#| label: folded\n#| code-fold: true\nprint(11)\n```\n", ["<details", "11"]),
    "code-annotations": Trial(
        "```python\nx = 1 # <1>\n```\n1. One.\n",
        ["One\\."],
        named="a code annotation stays a comment",
        with_quarto=["code-annotation"],
    ),
    "code-tools": Trial(
        page("title: T\ncode-tools: true"),
        named="'code-tools' is left out",
        with_quarto=["quarto-code-tools|code-tools"],
    ),
    "pipe tables": Trial("| a | b |\n|:--|--:|\n| 1 | 2 |\n", ["<td[^>]*>1</td>"]),
    "grid tables": Trial(
        "+---+\n| a |\n+===+\n| 1 |\n+---+\n", named="a grid table is shown as text", with_quarto=["<td[^>]*>(<p>)?1"]
    ),
    "simple tables": Trial(
        "a    b\n---- ----\n1    2\n", named="a table without bars is shown as text", with_quarto=["<td[^>]*>1"]
    ),
    "line blocks": Trial(
        "| One\n|   two\n", ["One"], named="a line block is shown as text", with_quarto=["line-block"]
    ),
    "example lists": Trial("(@a) First.\n\nAs (@a) says.\n", named="a numbered example is shown as text"),
    "definition lists": Trial("Term\n\n: Meaning.\n", ["<dt>Term", "Meaning"]),
    "task lists": Trial("- [x] Done.\n", ['type="checkbox"']),
    "divs and spans": Trial("::: {.mine}\n[Word]{.own}\n:::\n", ['class="mine"', 'class="own"']),
    "conditional content": Trial(
        '::: {.content-visible when-format="html"}\nSeen.\n:::\n\n::: {.content-hidden}\nUnseen.\n:::\n',
        ["Seen", "(?s)^((?!Unseen).)*$"],
    ),
    "raw HTML": Trial("<p class='own'>Raw <b>bold</b>.</p>\n", ["<b>bold</b>"]),
    "css": Trial(shows=[r"#010203"], file="site_libs/awaited/site.*.css", with_quarto=["."]),
    "include-in-header": Trial(shows=['name="own"'], file="index.html"),
    "Sass themes": Trial(file="index.html", named="the theme 'own.scss' is left out", with_quarto=["Welcome"]),
    "pictures from elsewhere": Trial("![Far](https://pictures.example/a.png)\n", ["pictures.example/a.png"]),
    "frames": Trial(
        "<iframe src='https://frame.example/' title='A frame'></iframe>\n",
        ["A frame"],
        named="a frame of https://frame.example/ is a link to it",
    ),
    "scripts in pages": Trial(
        "<script>alert('mine')</script>\n\nText.\n", ["Text"], named="a script that stands in the page is left out"
    ),
    "other formats": Trial(
        page("title: F\nformat:\n  html: default\n  gfm: default"),
        named="the format gfm is not built",
        with_quarto=["Text"],
    ),
}
JUPYTER = {
    "cells": Trial("```{python}\n#| label: sum\n1 + 2\n```\n", ["cell-output", ">3"]),
    "echo, include, eval, output": Trial(
        "```{python}\n#| label: no-echo\n#| echo: false\nprint('only ' + 'output')\n```\n\n"
        "```{python}\n#| include: false\nprint('un' + 'spoken')\n```\n\n"
        "```{python}\n#| label: no-run\n#| eval: false\nprint('not ' + 'run')\n```\n",
        ["only output", "(?s)^((?!unspoken).)*$", "(?s)^((?!not run).)*$"],
    ),
    "error: true": Trial("```{python}\n#| label: fails\n#| error: true\n1 / 0\n```\n", ["ZeroDivisionError"]),
    "echo: fenced": Trial(
        "```{python}\n#| label: fenced\n#| echo: fenced\nprint(5)\n```\n", ["```\\{python\\}|\\{python\\}"]
    ),
    "output: asis": Trial("```{python}\n#| label: asis\n#| output: asis\nprint('*as is*')\n```\n", ["<em>as is</em>"]),
    "fig-cap, fig-alt": Trial(
        "```{python}\n#| label: fig-own\n#| fig-cap: Drawn\n#| fig-alt: Told\nfrom IPython.display import SVG\n\n"
        'SVG(\'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\')\n```\n',
        ["Drawn", "Told", "fig-own"],
    ),
    "inline code": Trial("```{python}\n#| label: set\nn = 40\n```\n\nIt is `{python} n + 2`.\n", ["It is 42"]),
    "notebooks": Trial(shows=["A notebook", ">42"], file="notebook.html"),
    "displays with styles": Trial(
        DISPLAY.format('<style>#T_x td {color: #070809}</style><table id="T_x"><tr><td>1</td></tr></table>'),
        ["T_x"],
        with_quarto=["T_x"],
    ),
    "displays with scripts": Trial(
        DISPLAY.format("<div id='plot'>Plot</div><script>draw()</script>"),
        ["Plot"],
        named="a script that stands in the page is left out",
    ),
    "Markdown and LaTeX displays": Trial(
        "```{python}\n#| label: latex\nfrom IPython.display import Math\n\nMath('x^2')\n```\n", ["<msup|x\\^2"]
    ),
    "cells in R": Trial("```{r}\n1 + 1\n```\n", ["1 . 1|1"], named="a cell in r is shown and not run", needs="Rscript"),
    "cells in Observable": Trial(
        "```{ojs}\nviewof x\n```\n", ["viewof"], named="a cell in ojs is shown and not run", with_quarto=["ojs"]
    ),
}
GROUPS = {"Websites": WEBSITE, "HTML": HTML, "Jupyter": JUPYTER}
