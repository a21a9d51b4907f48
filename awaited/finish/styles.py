"""The site's stylesheet: what the pages use of the engine's, then the project's own, minified.

Where the project's own dresses the pages from head to foot, what a first look at an article takes is in one file, and
the rest in another, which other pages load at once, and articles when a reader first uses what it dresses.
"""

from __future__ import annotations

import functools
import hashlib
import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote

from awaited.finish.completed import Completed
from awaited.finish.markup import Page, classes, remove
from awaited.memory.files import is_file, write_whole
from awaited.read.metadata import as_list
from awaited.read.project import Project
from awaited.timeline.drawing.style import FIGURE_STYLE, STYLE

FOLDER = "site_libs/awaited"
RUNS = "runs"
"""How the names of scripts begin that hold nothing but data (``replays``)."""
NAMED_LATER = f"{FOLDER}/site.to-be-named.css"
"""Stands for the site's stylesheet on a page as long as its name is not known."""
MORE_NAMED_LATER = f"{FOLDER}/more.to-be-named.css"
"""The same for what a first look at an article does not take."""
FILES = NAMED_LATER, MORE_NAMED_LATER
SIMPLE_SELECTOR = re.compile(r"(?P<kind>[.#]?)(?P<name>(?:[\w-]|\\.)+)|\[\s*(?P<attribute>[\w-]+)[^\]]*\]")
PSEUDO = re.compile(
    r"::?(?:not|is|where|has|matches|host|nth-[\w-]+|lang|dir)?\([^()]*(?:\([^()]*\)[^()]*)*\)|::?[\w-]+"
)
SAID_LATER = {".proof", ".proven"}
"""What a later proof may add to a page (``proofs.show_proofs``)."""
CHOICE = re.compile(r":(?:is|where|has)\(((?:[^()]|\([^()]*\))*)\)")
BREAK = "\f"
"""Between what is loaded at first and the rest; white space that no stylesheet has."""
DRESSED = re.compile(
    r"[.#](?:title\b|header\b|title-block|navbar|nav-(?:link|item|tabs|footer|page)|page-navigation|footer|sd-(?!grid)|callout|margin-sidebar|toc|TOC"
    r"|quarto-(?:title|categor|header|content|margin|float|figure|listing|hl)|anchor|code-|cell|listing|table|figure"
    r"|sourceCode|content|search)|\b(?:code|pre)\b|^[^.#]*$"
)
"""What styles.css dresses from head to foot, so that the engines' rules for it only weigh."""
WHOLE = "#quarto-header"
"""Where a project's own stylesheet speaks of this, it is one such."""
STRING = re.compile(r'"[^"]*"')
OF_THEIRS = (
    "callout-body-container callout-style-default callout-style-simple code-with-copy default even has-margin header"
    " level1 level2 level3 level4 margin-sidebar menu-text odd page-columns page-layout-article page-navbar"
    " page-rows-contents quarto-container quarto-figure-center quarto-title-block sd-navbar-default sidebar small"
    " table-sm table-striped toc-active"
)
"""Classes by which the engines' own stylesheets and scripts know things."""
OF_ENGINES = re.compile(r"\s*(?:code\{white-space|/\* CSS for|html\{ -webkit-text-size-adjust|@media screen \{)")
"""How the styles begin that Quarto puts into each page."""
OF_PANDOC = re.compile(r"\s*/\* Default styles provided by pandoc")
"""How those begin in which Quarto, from 1.11 on, has what belongs to its stylesheets."""
CONTROLS = Path(__file__).with_name("controls.css")
"""The look of the controls where the project's own stylesheet is none such."""


def dresses_all(project: Project) -> bool:
    """Whether a project's own stylesheet dresses the pages from head to foot, controls included."""
    return any(WHOLE in (project.root / name).read_text(encoding="utf-8", errors="replace") for name in _own(project))


def undressed(project: Project) -> list[str]:
    """The engines' classes of which a project's own stylesheet does not speak, where it dresses the pages alone."""
    if not (project.settings.unites_styles and dresses_all(project)):
        return []
    text = "".join((project.root / name).read_text(encoding="utf-8", errors="replace") for name in _own(project))
    return [name for name in OF_THEIRS.split() if not re.search(rf"[.]{name}(?![\w-])", text)]


def has_dark_theme(project: Project) -> bool:
    """Whether a project names a theme for the dark beside that for the light."""
    theme = _html(project).get("theme")
    return isinstance(theme, dict) and "dark" in theme


def _own(project: Project) -> list[str]:
    names = [str(name) for name in as_list(_html(project).get("css") or [])]
    return [name for name in names if (project.root / name).is_file()]


def _html(project: Project) -> Mapping[str, Any]:
    formats = project.config.get("format")
    html = formats.get("html") if isinstance(formats, dict) else None
    return html if isinstance(html, dict) else {}


def take_style_attributes(page: Page) -> dict[str, str]:
    """Puts a class in the place of each attribute ``style``: the styles by the names of their classes.

    Without such attributes, a strict Content-Security-Policy needs no exception for styles.
    """
    found: dict[str, str] = {}
    for node in page.tree.css("[style]"):
        style = (node.attributes.get("style") or "").strip().rstrip(";")
        del node.attrs["style"]
        if style:
            name = f"s-{hashlib.sha256(style.encode()).hexdigest()[:8]}"
            node.attrs["class"] = f"{node.attributes.get('class') or ''} {name}".strip()
            found[name] = style
    return found


def drawn(page: Page) -> list[str]:
    """The CSS that stands in a page: its timelines', its displays' and its author's, but not the engine's."""
    return list(dict.fromkeys(s.text() for s in page.tree.css("style") if not OF_ENGINES.match(s.text())))


def stylesheets(page: Page) -> list[str]:
    """The files of a page's stylesheets, relative to the site; light ones, for dark is our own."""
    found = []
    for link in page.tree.css('link[rel~="stylesheet"]'):
        target = unquote(link.attributes.get("href") or "").partition("?")[0]
        file = posixpath.normpath(posixpath.join("/", page.path.parent.as_posix(), target)).lstrip("/")
        if "quarto-color-alternate" not in classes(link) and "icons" not in posixpath.basename(file):
            found.append(file)
    return found


def names(page: Page) -> set[str]:
    """Every tag, ``.class``, ``#id`` and ``[attribute]`` that stands on a page."""
    found: set[str] = set()
    root = page.tree.root
    for node in root.traverse(include_text=False) if root is not None else ():
        attributes = node.attributes
        found |= {str(node.tag), *(f"[{name}]" for name in attributes), *(f".{name}" for name in classes(node))}
        if attributes.get("id"):
            found.add(f"#{attributes['id']}")
    return found


def load_stylesheets(page: Page, *, both: bool) -> None:
    """Makes a page load the stylesheet of the site, the first of its files or both, and no other."""
    remove(page.tree.css('link[rel~="stylesheet"], style'))
    for name in FILES if both else FILES[:1]:
        page.add_to_head(f'<link rel="stylesheet" href="{page.up}{name}">')


def unite_styles(project: Project, site: Path, pages: Sequence[Completed], *, draws: bool) -> dict[str, str]:
    """Makes a stylesheet of all that pages asked for, in two files; gives their addresses by what stands for them.

    Nothing but what some page or script can use is kept, and of the engine's nothing that styles.css dresses anew.
    ``draws`` says that readers run snippets: what their pages show and draw then is not known yet.
    """
    sheets = dict.fromkeys(file for page in pages for file in page.stylesheets if is_file(site / file))
    theirs = [file for file in sheets if "site_libs" in PurePosixPath(file).parts]
    own = [file for file in sheets if file not in theirs]
    loaded_later = [file for file in (site / FOLDER).glob("*.js") if not file.name.startswith(RUNS)]
    used, at_first = _used(site, pages, loaded_later), _used(site, [page for page in pages if page.is_article])
    drawn = dict.fromkeys([rule for page in pages for rule in page.drawn] + [FIGURE_STYLE, STYLE] * draws)
    of_pandoc = [rule for rule in drawn if OF_PANDOC.match(rule)]
    if draws:
        used.on_pages.update({".cell-output-stderr", ".cell-output-error"})
        used.on_pages.update(re.findall(r"[.]timeline[\w-]*", STYLE + FIGURE_STYLE))
    inline = {name: style for page in pages for name, style in page.inline.items()}
    rules = [
        *(rule for rule in drawn if rule not in of_pandoc),
        *_read(site, own),
        *(f".{name} {{ {style} }}" for name, style in inline.items()),
    ]
    engine, ours = "\n".join([*_read(site, theirs), *of_pandoc]), "\n".join(rules)
    is_dressed = dresses_all(project)
    if project.settings.controls and not is_dressed:
        ours = CONTROLS.read_text(encoding="utf-8") + ours

    def make() -> str:
        from rcssmin import cssmin

        if is_dressed:
            first = only_used(engine, at_first.exact, DRESSED) + only_used(ours, at_first.names)
            more = only_used(engine, used.exact, DRESSED, elsewhere=at_first.exact)
            more += only_used(ours, used.names, elsewhere=at_first.names)
        else:  # the order of rules decides among the engine's and a project's own, so all stay together
            first, more = only_used(engine, used.exact) + only_used(ours, used.names), ""
        kept = _without_unused_variables(f"{first}{BREAK}{more}")
        return BREAK.join(f"{cssmin(part)}\n" for part in kept.split(BREAK))

    key = hashlib.sha256("\0".join([engine, ours, *sorted(used.names), "", *sorted(at_first.names)]).encode())
    texts = _cached(project, key.hexdigest()[:16], make).split(BREAK)
    for file in own:
        (site / file).unlink()
    return {later: _publish(site, later, text) for later, text in zip(FILES, texts, strict=True)}


def _publish(site: Path, later: str, text: str) -> str:
    name = later.replace("to-be-named", hashlib.sha256(text.encode()).hexdigest()[:8])
    write_whole(site / name, text.encode())
    return name


class _Used(NamedTuple):
    """What a stylesheet may speak of."""

    on_pages: set[str]
    """Every name that stands on some pages, as ``names`` gives them, and that a later proof may add to one."""
    words: set[str]
    """Every word of scripts: each may be the name of something that a script adds."""
    added: set[str]
    """Those of them that may be a class or an id."""

    @property
    def exact(self) -> set[str]:
        """All, and a word only as the tag that it may be."""
        return self.on_pages | self.words

    @property
    def names(self) -> set[str]:
        """All, and a word as the tag, attribute, class or id that it may be."""
        forms = {form for word in self.words for form in (word, f"[{word}]")}
        return self.on_pages | forms | {form for word in self.added for form in (f".{word}", f"#{word}")}


def _used(site: Path, pages: Sequence[Completed], scripts: Collection[Path] = ()) -> _Used:
    """What some pages use, and their scripts, and ``scripts`` that these load later.

    Of our own script that pages load at once, only what it adds counts as a class, and not what it looks for.
    """
    named = {target.rsplit("../", 1)[-1] for page in pages for target in page.links if target.endswith(".js")}
    files = {site / name for name in named if is_file(site / name)}.union(scripts)
    words, added = set[str](), set[str]()
    for file in files:
        text = file.read_text(encoding="utf-8")
        found = re.findall(r"[\w-]+", text)
        is_ours = file.parent == site / FOLDER and file not in scripts
        words.update(found)
        added.update(re.findall(r"(?<![\w.#-])[\w-]+", " ".join(STRING.findall(text))) if is_ours else found)
    return _Used(SAID_LATER.union(*(page.names for page in pages)), words, added)


def _read(site: Path, files: Sequence[str]) -> list[str]:
    return [(site / file).read_text(encoding="utf-8") for file in files]


def _cached(project: Project, key: str, make: object) -> str:
    """Reading a framework's stylesheet takes longer than all else; so its used part is kept between builds."""
    file = project.scratch / f"styles-{key}.css"
    if not file.is_file():
        assert callable(make)
        for old in project.scratch.glob("styles-*.css"):
            old.unlink()
        write_whole(file, make().encode())
    return file.read_text(encoding="utf-8")


GROUPS = ("media", "supports", "layer", "container")
"""The at-rules that hold others."""


def only_used(
    css: str, used: set[str], dressed: re.Pattern[str] | None = None, elsewhere: set[str] | None = None
) -> str:
    """The rules of a stylesheet that can apply, given all names in use; without web fonts and idle animations.

    Rules may be nested. Left out as well is what ``dressed`` finds in a selector, and what applies with the names that
    are in use ``elsewhere``, since it stands there.
    """
    import tinycss2

    def keep(nodes: Sequence[Any], is_new: bool) -> Iterator[str]:
        for node in nodes:
            if node.type == "declaration" and is_new:
                yield f"{node.serialize()};"
            elif node.type == "qualified-rule":
                selectors = [s for s in _split(tinycss2.serialize(node.prelude)) if _applies(s, used)]
                selectors = [s for s in selectors if not (dressed and dressed.search(s))]
                new = [s for s in selectors if is_new or not _applies(s, elsewhere or set())]
                for chosen, are_new in ((new, True), ([s for s in selectors if s not in new], False)):
                    if chosen and (body := block(node, are_new)):
                        yield f"{','.join(chosen)}{{{body}}}"
            elif node.type == "at-rule" and node.lower_at_keyword.endswith("keyframes"):
                yield node.serialize()
            elif node.type == "at-rule" and node.lower_at_keyword in GROUPS and (body := block(node, is_new)):
                yield f"@{node.at_keyword} {tinycss2.serialize(node.prelude)}{{{body}}}"

    def block(node: Any, is_new: bool) -> str:
        content = node.content or ()  # @layer may have none
        return "".join(keep(tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True), is_new))

    return _without_unused_keyframes("".join(keep(_parsed(css), elsewhere is None)))


@functools.lru_cache(maxsize=4)
def _parsed(css: str) -> Sequence[Any]:
    """The rules of a stylesheet; to read a framework's takes most of the time, and a preview needs it again."""
    import tinycss2

    return tuple(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True))


def _split(selectors: str) -> list[str]:
    """A selector list, taken apart at the commas that are in no brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(selectors):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append(selectors[start:place].strip())
            start = place + 1
    return [*parts, selectors[start:].strip()]


def _applies(selector: str, used: set[str]) -> bool:
    for choice in CHOICE.finditer(selector):
        if not any(_applies(one, used) for one in _split(choice[1])):
            return False
    bare = PSEUDO.sub(" ", selector)
    for match in SIMPLE_SELECTOR.finditer(bare):
        name = match["name"]
        wanted = f"[{match['attribute']}]" if match["attribute"] else f"{match['kind']}{name.replace(chr(92), '')}"
        if wanted not in used and not wanted.startswith("[data-bs-theme"):
            return False
    return "data-bs-theme=dark" not in selector.replace('"', "")


def _without_unused_keyframes(css: str) -> str:
    def kept(match: re.Match[str]) -> str:
        name = match[1]
        return match[0] if re.search(rf"animation(?:-name)?:[^;}}]*\b{re.escape(name)}\b", css) else ""

    return re.sub(r"@(?:-\w+-)?keyframes\s+([\w-]+)\s*\{(?:[^{}]*\{[^{}]*\})*\s*\}", kept, css)


def _without_unused_variables(css: str) -> str:
    """Takes out custom properties that nothing refers to, again and again, since they refer to one another."""
    while True:
        referred = set(re.findall(r"var\(\s*(--[\w-]+)", css))
        defined = set(re.findall(r"(--(?:bs|sd|quarto)-[\w-]+)\s*:", css))
        if not defined - referred:
            return css
        for name in defined - referred:
            css = re.sub(rf"{name}\s*:[^;{{}}]*(?:;|(?=\}}))", "", css)
