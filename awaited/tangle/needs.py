"""Which earlier statements a cell needs.

That is all that bind the names it reads, all that change what these stand for, and all that those need in turn.
In doubt a statement is needed. Statements that only print are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from awaited.tangle.changes import Effects, Run
from awaited.tangle.statements import Statement
from awaited.tangle.things import reach


@dataclass(frozen=True)
class Need:
    """What the statements of a cell need to run."""

    statements: Sequence[Statement]
    """The earlier ones, in order, then the cell's own."""
    effects: Sequence[Effects]
    """What each of them does."""
    missing: Mapping[str, Statement]
    """Names that no statement binds, and the first statement that reads each."""


def need(earlier: Sequence[Statement], own: Sequence[Statement]) -> Need:
    """The statements that a cell's ``own`` ones need from those of ``earlier`` cells."""
    return _Closure([*earlier, *own], len(earlier)).need()


class _Closure:
    """Goes back from the names that are read to the statements that bind them and change what they stand for."""

    def __init__(self, statements: Sequence[Statement], first_own: int) -> None:
        run = Run()
        self.statements = statements
        self.effects = [run.step(statement.nodes) for statement in statements]
        self.after = dict(run.module.values)
        self.chosen = set(range(first_own, len(statements)))
        self.demands: list[tuple[str, int, int, int]] = []
        self.bound: set[str] = set()
        self.unbound: dict[str, int] = {}

    def need(self) -> Need:
        end = len(self.statements)
        for number in sorted(self.chosen):
            self._demand_names_of(number, number, end)
        seen: set[tuple[str, int, int]] = set()
        while self.demands:
            name, point, use, reader = self.demands.pop()
            if (name, point, use) not in seen:
                seen.add((name, point, use))
                self._follow(name, point, use, reader)
        numbers = sorted(self.chosen)
        return Need(
            [self.statements[number] for number in numbers],
            [self.effects[number] for number in numbers],
            {name: self.statements[reader] for name, reader in self.unbound.items() if name not in self.bound},
        )

    def _demand_names_of(self, number: int, point: int, use: int) -> None:
        """A statement is needed: its value at ``point``, and until ``use`` the functions in it may be called."""
        statement = self.statements[number]
        self.demands += [(name, number, use, number) for name in statement.reads]
        moments = {point, use} if statement.is_definition else {number, point, use}
        self.demands += [(name, moment, use, number) for name in statement.later for moment in moments]

    def _follow(self, name: str, point: int, use: int, reader: int) -> None:
        """What a name stood for just before the statement at ``point``: all that bound it or changed what it held."""
        before = self.effects[point].before if point < len(self.effects) else self.after
        things = reach(before.get(name, ()))
        found = False
        for number in reversed(range(point)):
            statement, effects = self.statements[number], self.effects[number]
            binds = name in statement.binds or name in effects.rebound or "*" in statement.binds
            if binds or not things.isdisjoint(effects.changed):
                found |= binds
                self.chosen.add(number)
                self._demand_names_of(number, point, use)
            if name in statement.surely:
                break
        if found:
            self.bound.add(name)
        else:
            self.unbound[name] = min(reader, self.unbound.get(name, reader))
