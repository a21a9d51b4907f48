"""What pages may load and run: themselves and nothing else, but for what the project allows under ``awaited: policy:``.

A Content-Security-Policy says so to browsers. What it would block without a word is taken out here, and named.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator, Mapping

from awaited.finish.losses import loss_of
from awaited.finish.markup import Node, Page, drop_attributes, element, remove
from awaited.read.articles import Article
from awaited.read.losses import Loss
from awaited.read.metadata import as_list
from awaited.read.settings import Settings

FIRST_SCRIPT = (
    '(d=>{d.classList.add("js");try{let t=localStorage.getItem("theme");if(t=="dark"||t=="light")d.dataset.theme=t}'
    "catch{}})(document.documentElement)"
)
"""Runs before the first frame: paints the theme that was chosen, and shows the controls that need JavaScript."""
STRICT: Mapping[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "font-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
"""The policy where nobody says anything."""
WORDS = {"self": "'self'", "inline": "'unsafe-inline'", "eval": "'unsafe-eval'"}
ELSEWHERE = re.compile(r"(?:https?:)?//")
OF_ENGINES = re.compile(r"(?:require|jquery)(?:\.min)?\.js|mathjax|katex|polyfill|mermaid", re.I)
"""Scripts that an engine loads from afar by itself: for maths, diagrams, and any HTML that a cell displays."""
INLINE_OF_ENGINES = re.compile(r"quarto|smalldocs|mermaid\.initialize|MathJax|renderMathInElement")
FOR_DISPLAYS = re.compile(r"\s*define\('jquery'")
"""What Quarto puts beside those scripts where a cell displays any HTML; without them it does nothing."""
LOADED = (
    ("iframe[src], embed[src]", "src", "frame-src", "a frame"),
    ("img[src], picture source[srcset]", "src", "img-src", "a picture"),
    ("video[src], audio[src], video source[src], audio source[src]", "src", "media-src", "a film or sound"),
    ('link[rel~="stylesheet"][href]', "href", "style-src", "a stylesheet"),
)
HANDLERS = ("onclick", "onchange", "onload", "oninput", "onsubmit", "onmouseover")


def policy(settings: Settings, page: Page | None = None) -> str:
    """The Content-Security-Policy of a page; empty where the project wants none.

    The scripts that stand in the page are told by their hashes. Where styles are not united, those that stand in it
    count as well.
    """
    if settings.policy is False:
        return ""
    scripts = [FIRST_SCRIPT, *(_inline_scripts(page) if page and "inline" in allowed(settings, "script-src") else [])]
    found = dict(STRICT)
    found["script-src"] += "".join(f" 'sha256-{_hash(text)}'" for text in dict.fromkeys(scripts))
    found["style-src"] += "" if settings.unites_styles else " 'unsafe-inline'"
    if page is not None and page.tree.css_first("video, audio"):
        found["media-src"] = "'self'"
    for name in settings.policy if isinstance(settings.policy, Mapping) else ():
        sources = [WORDS.get(s, s) for s in allowed(settings, name) if (name, s) != ("script-src", "inline")]
        found[name] = " ".join(dict.fromkeys([*found.get(name, "'self'").split(), *sources]))
        found[name] = found[name].removeprefix("'none' ")
    return "; ".join(f"{name} {sources}" for name, sources in found.items())


def allowed(settings: Settings, directive: str) -> list[str]:
    """The sources that the project adds to a directive."""
    own = settings.policy if isinstance(settings.policy, Mapping) else {}
    return [str(source) for source in as_list(own.get(directive) or [])]


def enforce(page: Page, article: Article | None, settings: Settings) -> list[Loss]:
    """Takes out of a page what its policy would block, and tells what that was; an engine's own scripts it leaves."""
    if settings.policy is False:
        return []
    return [*_scripts(page, article, settings), *_handlers(page, article, settings), *_loaded(page, article, settings)]


def _scripts(page: Page, article: Article | None, settings: Settings) -> Iterator[Loss]:
    advice = "allow it under 'awaited: policy: script-src:'"
    for script in page.tree.css("script[src]"):
        source = script.attributes["src"] or ""
        if ELSEWHERE.match(source) and not _allows(settings, "script-src", source):
            if not OF_ENGINES.search(source):
                what, how = f"the script {source} is left out", f"{advice} with its address"
                yield loss_of(what, how, script, page, article, source)
            remove([script])
    for script in page.tree.css("script:not([src])"):
        if not (_is_data(script) or is_of_engine(script) or "inline" in allowed(settings, "script-src")):
            if not FOR_DISPLAYS.match(script.text()):
                what, how = "a script that stands in the page is left out", f"{advice} with 'inline'"
                yield loss_of(what, how, script, page, article)
            remove([script])


def is_of_engine(script: Node) -> bool:
    """Whether a script that stands in a page is an engine's own."""
    return not _is_data(script) and INLINE_OF_ENGINES.search(script.text()) is not None


def _handlers(page: Page, article: Article | None, settings: Settings) -> Iterator[Loss]:
    for name in HANDLERS:
        for node in page.tree.css(f"main [{name}]"):
            if "quarto" not in (node.attributes[name] or ""):
                advice = "put it into a script file, which adds it to the element"
                yield loss_of(f"'{name}=' on an element is left out", advice, node, page, article, name)
            drop_attributes(node, name)


def _loaded(page: Page, article: Article | None, settings: Settings) -> Iterator[Loss]:
    for selector, attribute, directive, what in LOADED:
        for node in page.tree.css(selector):
            source = node.attributes.get(attribute) or ""
            is_frame = directive == "frame-src"
            is_strange = ELSEWHERE.match(source) or (is_frame and "self" not in allowed(settings, directive))
            if not source or not is_strange or _allows(settings, directive, source) or OF_ENGINES.search(source):
                continue
            done = "is a link to it" if is_frame else "is left out"
            how = "its address" if ELSEWHERE.match(source) else "'self'"
            advice = f"allow it under 'awaited: policy: {directive}:' with {how}"
            yield loss_of(f"{what} of {source.partition('?')[0]} {done}", advice, node, page, article, source)
            if is_frame:
                name = html.escape(node.attributes.get("title") or source)
                node.replace_with(element(f'<p class="left-out"><a href="{html.escape(source)}">{name}</a></p>'))


def _allows(settings: Settings, directive: str, address: str) -> bool:
    address = f"https:{address}" if address.startswith("//") else address
    return any(_takes_in(source, address) for source in allowed(settings, directive))


def _takes_in(source: str, address: str) -> bool:
    """Whether a source of a policy takes in an address (CSP level 3, section 6.7.2, as far as sites need it)."""
    if source in ("*", address.partition("//")[0]):
        return True
    pattern = re.escape(source if "//" in source else f"https://{source}").replace(r"\*\.", r"(?:[\w-]+\.)+")
    return re.match(rf"{pattern.rstrip('/')}(?:[/?#:]|$)", address) is not None


def _inline_scripts(page: Page) -> list[str]:
    scripts = page.tree.css("script:not([src])")
    return [s.text() for s in scripts if not _is_data(s) and s.text() != FIRST_SCRIPT]


def _is_data(script: Node) -> bool:
    kind = script.attributes.get("type") or ""
    return "json" in kind or kind.startswith("text/x-")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
