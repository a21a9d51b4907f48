"""One stylesheet for the whole site: what the pages use of the engine's, then the project's own, minified."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from literate.finish.markup import Node, Page, remove
from literate.freeze import write_whole
from literate.project import Project

FOLDER = "site_libs/literate"
SIMPLE_SELECTOR = re.compile(r"(?P<kind>[.#]?)(?P<name>(?:[\w-]|\\.)+)|\[\s*(?P<attribute>[\w-]+)[^\]]*\]")
PSEUDO = re.compile(
    r"::?(?:not|is|where|has|matches|host|nth-[\w-]+|lang|dir)?\([^()]*(?:\([^()]*\)[^()]*)*\)|::?[\w-]+"
)
SET_BY_SCRIPT = {"active", "js", "show"}
"""The classes that ``page.js`` sets; a rule for them is in use."""


def unite_styles(project: Project, site: Path, pages: Sequence[Page]) -> None:
    """Replaces the stylesheets of all pages by one, and each ``style`` attribute by a class of it.

    Nothing but what some page uses is kept of the engine's; no attribute ``style`` means that a strict
    Content-Security-Policy needs no exception for styles.
    """
    from rcssmin import cssmin

    inline = _take_style_attributes(pages)
    theirs, own = _sheets(site, pages)
    used = _used(pages)
    drawn = dict.fromkeys(node.text() for page in pages for node in page.tree.css(".timeline style"))
    key = hashlib.sha256("\0".join([*theirs, *sorted(used)]).encode()).hexdigest()[:16]
    kept = _cached(project, key, lambda: cssmin(only_used("\n".join(theirs), used)))
    text = f"{kept}\n{cssmin(chr(10).join([*drawn, *own.values(), *inline]))}\n"
    name = f"{FOLDER}/site.{hashlib.sha256(text.encode()).hexdigest()[:8]}.css"
    write_whole(site / name, text.encode())
    for page in pages:
        remove(page.tree.css('link[rel~="stylesheet"], style'))
        page.add_to_head(f'<link rel="stylesheet" href="{page.up}{name}">')
    for file in own:
        file.unlink()


def _cached(project: Project, key: str, make: object) -> str:
    """Reading a framework's stylesheet takes longer than all else; so its used part is kept between builds."""
    file = project.scratch / f"styles-{key}.css"
    if not file.is_file():
        assert callable(make)
        for old in project.scratch.glob("styles-*.css"):
            old.unlink()
        write_whole(file, make().encode())
    return file.read_text(encoding="utf-8")


def _take_style_attributes(pages: Sequence[Page]) -> list[str]:
    rules: dict[str, str] = {}
    for page in pages:
        for node in page.tree.css("[style]"):
            style = (node.attributes.get("style") or "").strip().rstrip(";")
            del node.attrs["style"]
            if style:
                name = rules.setdefault(style, f"s-{len(rules) + 1}")
                node.attrs["class"] = f"{node.attributes.get('class') or ''} {name}".strip()
    return [f".{name} {{ {style} }}" for style, name in rules.items()]


def _sheets(site: Path, pages: Sequence[Page]) -> tuple[list[str], dict[Path, str]]:
    """The engine's stylesheets (light ones: dark is our own), and the project's by file."""
    theirs: dict[Path, str] = {}
    own: dict[Path, str] = {}
    for page in pages:
        for link in page.tree.css('link[rel~="stylesheet"]'):
            target = unquote(link.attributes.get("href") or "").partition("?")[0]
            file = (site / target.lstrip("/") if target.startswith("/") else site / page.path.parent / target).resolve()
            names = link.attributes.get("class") or ""
            if not file.is_file() or "quarto-color-alternate" in names or "icons" in file.name:
                continue
            sheets = theirs if "site_libs" in file.parts else own
            if file not in sheets:
                sheets[file] = file.read_text(encoding="utf-8")
    return list(theirs.values()), own


def _used(pages: Sequence[Page]) -> set[str]:
    """Every tag, ``.class``, ``#id`` and ``[attribute]`` that stands on some page."""
    used = {f".{name}" for name in SET_BY_SCRIPT}
    for page in pages:
        root = page.tree.root
        for node in root.traverse(include_text=False) if root is not None else ():
            used |= _names(node)
    return used


def _names(node: Node) -> set[str]:
    attributes = node.attributes
    names = {str(node.tag), *(f"[{name}]" for name in attributes)}
    names |= {f".{name}" for name in (attributes.get("class") or "").split()}
    if attributes.get("id"):
        names.add(f"#{attributes['id']}")
    return names


def only_used(css: str, used: set[str]) -> str:
    """The rules of a stylesheet that can apply, given all names in use; without web fonts and unused variables."""
    import tinycss2

    def keep(rules: list[object]) -> Iterator[str]:
        for rule in rules:
            kind = getattr(rule, "type", "")
            if kind == "qualified-rule":
                selectors = [s for s in _split(tinycss2.serialize(rule.prelude)) if _applies(s, used)]  # type: ignore[attr-defined]
                if selectors:
                    yield f"{','.join(selectors)}{{{tinycss2.serialize(rule.content)}}}"  # type: ignore[attr-defined]
            elif kind == "at-rule" and rule.at_keyword in ("media", "supports", "layer", "container"):  # type: ignore[attr-defined]
                if rule.content is not None:  # type: ignore[attr-defined]
                    inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)  # type: ignore[attr-defined]
                    body = "".join(keep(inner))
                    if body:
                        yield f"@{rule.at_keyword} {tinycss2.serialize(rule.prelude)}{{{body}}}"  # type: ignore[attr-defined]
            elif kind == "at-rule" and rule.at_keyword.endswith("keyframes"):  # type: ignore[attr-defined]
                yield f"@{rule.at_keyword} {tinycss2.serialize(rule.prelude)}{{{tinycss2.serialize(rule.content)}}}"  # type: ignore[attr-defined]

    text = "".join(keep(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)))
    return _without_unused_variables(_without_unused_keyframes(text))


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
