"""Finds the place in a page's source that one of its elements comes from."""

from __future__ import annotations

from awaited.finish.markup import Node, Page, classes
from awaited.read.articles import Article
from awaited.read.losses import Loss, loss_at


def loss_of(what: str, advice: str, node: Node, page: Page, article: Article | None, text: str = "") -> Loss:
    """A loss at an element: at the cell that displays it, else at the line of the source that holds a text."""
    if article is None:
        return loss_at(what, advice, page.path.as_posix(), None)
    return loss_at(what, advice, article.path, _line_of_cell(node, article) or article.line_with(text))


def _line_of_cell(node: Node, article: Article) -> int | None:
    box: Node | None = node
    while box is not None and "cell" not in classes(box):
        box = box.parent
    if box is None:
        return None
    names = {box.id, str(box.id).removeprefix("cell-")} - {None, "None"}
    count = box.attributes.get("execution_count") or box.attributes.get("data-execution_count")
    return next((cell.line for cell in article.cells if cell.label in names or str(cell.number) == count), None)
