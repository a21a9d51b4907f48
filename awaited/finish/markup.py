"""Small changes to parsed pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from selectolax.lexbor import LexborHTMLParser, LexborNode

from awaited.memory.files import write_whole

Tree = LexborHTMLParser
Node = LexborNode
LINKS = (
    *(("a", "href"), ("link", "href"), ("img", "src"), ("script", "src"), ("source", "src"), ("iframe", "src")),
    *(("video", "src"), ("video", "poster"), ("audio", "src"), ("track", "src"), ("embed", "src"), ("object", "data")),
)


@dataclass
class Page:
    """One HTML page of the site."""

    path: PurePosixPath
    """Its file, relative to the site."""
    tree: Tree

    @property
    def address(self) -> str:
        """Its path on the web."""
        return address_of(self.path)

    @property
    def up(self) -> str:
        """The way from the page to the top of the site, such as ``../../``."""
        return way_up(self.path)

    def add_to_head(self, markup: str) -> None:
        """Adds an element at the end of its head."""
        append(self.tree.head, markup)


def way_up(path: PurePath) -> str:
    """The way from a page to the top of the site."""
    return "../" * (len(path.parts) - 1)


def address_of(path: PurePath) -> str:
    """A page's path on the web, from its file's or its source's: a folder for an index page."""
    name = "" if path.stem == "index" else f"{path.stem}.html"
    return (path.parent / name).as_posix() + "/" * (not name) if path.parent.name else name


def is_for_errors(path: PurePath) -> bool:
    """Whether a page is what a server shows in the place of one that it does not have."""
    return path.name == "404.html"


def read(file: Path) -> Tree:
    """A page, parsed as a browser parses it."""
    return LexborHTMLParser(file.read_text(encoding="utf-8"))


def to_html(tree: Tree) -> str:
    """A page as HTML, with the doctype that keeps browsers out of quirks mode."""
    text = tree.html or ""
    return text if text[:9].lower() == "<!doctype" else f"<!DOCTYPE html>\n{text}"


def rewrite(file: Path, change: Callable[[Tree], None]) -> None:
    """Changes a page in its file."""
    tree = read(file)
    change(tree)
    write_whole(file, to_html(tree).encode())


def page_files(site: Path) -> list[PurePosixPath]:
    """The pages of a site, relative to it, in order."""
    files = (file.relative_to(site) for file in sorted(site.rglob("*.html")))
    return [PurePosixPath(file.as_posix()) for file in files if "site_libs" not in file.parts]


def element(markup: str) -> Node:
    """One element from its markup."""
    root = LexborHTMLParser(markup, is_fragment=True).root
    if root is None:
        raise ValueError(f"no element in {markup!r}")
    return root


def append(parent: Node | None, markup: str) -> None:
    """Adds an element at the end of another, if that is there."""
    if parent is not None:
        parent.insert_child(element(markup))


def remove(nodes: Iterable[Node]) -> None:
    """Takes elements out of their page."""
    for node in list(nodes):
        node.decompose()


def drop_attributes(node: Node, *names: str) -> None:
    """Takes attributes off an element, as far as it has them."""
    for name in names:
        if name in node.attributes:
            del node.attrs[name]


def classes(node: Node) -> list[str]:
    """The classes of an element."""
    return (node.attributes.get("class") or "").split()


def set_classes(node: Node, names: Iterable[str]) -> None:
    """Gives an element just these classes."""
    text = " ".join(names)
    if text:
        node.attrs["class"] = text
    else:
        drop_attributes(node, "class")


def links(tree: Tree) -> Iterator[tuple[Node, str, str]]:
    """Everything on a page that names another resource: the element, its attribute and the address."""
    for tag, name in LINKS:
        for node in tree.css(f"{tag}[{name}]"):
            yield node, name, node.attributes.get(name) or ""


def text_of(node: Node) -> str:
    """An element's text, white space folded."""
    return " ".join(node.text().split())
