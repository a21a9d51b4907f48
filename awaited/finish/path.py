"""The path through the articles: their order, what each needs before it, and what comes next.

An article's header says it: ``order`` (a number), ``needs`` (the short names of articles) and ``next`` (one).
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from awaited.finish.markup import Page, append
from awaited.memory.files import write_whole
from awaited.read.articles import Article
from awaited.read.errors import AwaitedError
from awaited.read.metadata import as_list, line_of
from awaited.read.project import Project


@dataclass(frozen=True)
class Step:
    """An article as another one names it."""

    address: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class Place:
    """Where an article stands on the path."""

    number: int
    """From 1."""
    count: int
    """How many articles there are on it."""
    needs: Sequence[Step]
    """What a reader should know before."""
    next: Step | None
    """What to read then."""


def places(articles: Mapping[str, Article]) -> dict[str, Place]:
    """The place of each article that is on the path, by its address, in the order of the path.

    Raises AwaitedError, with the line, for a name that no article bears, an order that two share, and an article that
    needs one which comes later.
    """
    on_path = {address: one for address, one in articles.items() if "order" in one.front_matter}
    addresses = sorted(on_path, key=lambda address: (float(on_path[address].front_matter["order"]), address))
    rank = {address: number for number, address in enumerate(addresses)}
    by_name = {article.slug: address for address, article in articles.items()}
    found: dict[str, Place] = {}
    for address in addresses:
        article, number = on_path[address], rank[address]
        above = on_path[addresses[number - 1]] if number else None
        if above and above.front_matter["order"] == article.front_matter["order"]:
            raise _error(article, "order", f"is that of '{above.slug}' as well; give each article its own")
        needs = [
            _named(article, "needs", str(name), by_name) for name in as_list(article.front_matter.get("needs", []))
        ]
        for need in needs:
            if rank.get(need, number) >= number:
                raise _error(article, "needs", f"names '{articles[need].slug}', which comes no earlier on the path")
        follows = addresses[number + 1] if number + 1 < len(addresses) else None
        if "next" in article.front_matter:
            follows = _named(article, "next", article.front_matter["next"], by_name)
        steps = [_step(need, articles) for need in needs]
        found[address] = Place(number + 1, len(addresses), steps, _step(follows, articles) if follows else None)
    return found


def _named(article: Article, field: str, name: str, by_name: Mapping[str, str]) -> str:
    if name not in by_name:
        raise _error(article, field, f"names '{name}', and there is no article of that name")
    return by_name[name]


def _error(article: Article, field: str, wrong: str) -> AwaitedError:
    return AwaitedError(f"'{field}' {wrong}", article.path, line_of(article.text.split("\n"), field))


def _step(address: str, articles: Mapping[str, Article]) -> Step:
    article = articles[address]
    return Step(address, article.title, str(article.metadata.get("description") or ""))


def in_words(place: Place, to_top: str) -> str:
    """A place as HTML; ``to_top`` is what leads to the top of the site: the way up from a page, or an address."""
    said = f"Part {place.number} of {place.count}."
    if place.needs:
        links = [f'<a href="{to_top}{step.address}">{html.escape(step.title)}</a>' for step in place.needs]
        listed = " and ".join(filter(None, [", ".join(links[:-1]), links[-1]]))
        return f"{said} It builds on {listed}."
    return f"{said} Start here." if place.number == 1 else said


def show_place(page: Page, place: Place | None) -> None:
    """Says at the head of an article where it stands on the path."""
    if place:
        said = in_words(place, page.up)
        append(page.tree.css_first("#title-block-header"), f'<p class="path-place">{said}</p>')


def write_path(project: Project, site: Path, articles: Mapping[str, Article]) -> None:
    """Adds the path to ``llms.txt``, where the site has one: the order in which a language model should read, too."""
    file = site / "llms.txt"
    path = places(articles)
    if not (path and file.is_file() and project.url):
        return
    lines = []
    for address, place in path.items():
        needs = f" (needs: {', '.join(step.title for step in place.needs)})" if place.needs else ""
        step = _step(address, articles)
        lines.append(f"{place.number}. [{step.title}]({project.url}/{address}): {step.description}{needs}")
    text = file.read_text(encoding="utf-8").rstrip()
    write_whole(file, (text + "\n\n## The path, in order\n\n" + "\n".join(lines) + "\n").encode())
