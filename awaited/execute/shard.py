"""Splits an execution over machines: each article belongs to one shard, whatever other articles there are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from awaited.read.articles import Article


@dataclass(frozen=True)
class Shard:
    """One part of a project's articles."""

    number: int
    """Which part, from 1."""
    count: int
    """How many parts there are."""

    @classmethod
    def read(cls, text: str) -> Shard:
        """A shard from ``2/5``, which is the second of five; raises ValueError for anything else."""
        match = re.fullmatch(r"([0-9]+)/([0-9]+)", text)
        number, count = (int(match[1]), int(match[2])) if match else (0, 0)
        if not 1 <= number <= count:
            raise ValueError(f"{text!r} is no part of a whole: write 2/5 for the second of five parts")
        return cls(number, count)

    def of(self, articles: Sequence[Article]) -> list[Article]:
        """The articles of this shard, in their order."""
        return [article for article in articles if self._holds(article.path)]

    def _holds(self, page: Path) -> bool:
        # by the path alone, so that a new article moves no other one to a machine without its frozen results
        digest = hashlib.sha256(page.as_posix().encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1
