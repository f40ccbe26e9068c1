"""What a query becomes: a tree of conditions on the document of a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixtui.store.query.fields import Field, Test


class Query(ABC):
    """A condition on a run."""

    @abstractmethod
    def matches(self, document: Mapping[str, Any]) -> bool:
        """True where the run of `document` meets it: one of `store.run_document`, a broken run's too. Never raises."""


@dataclass(frozen=True)
class And(Query):
    parts: tuple[Query, ...]  # none of them: every run

    def matches(self, document: Mapping[str, Any]) -> bool:
        return all(part.matches(document) for part in self.parts)


@dataclass(frozen=True)
class Or(Query):
    parts: tuple[Query, ...]

    def matches(self, document: Mapping[str, Any]) -> bool:
        return any(part.matches(document) for part in self.parts)


@dataclass(frozen=True)
class Not(Query):
    part: Query

    def matches(self, document: Mapping[str, Any]) -> bool:
        return not self.part.matches(document)


@dataclass(frozen=True)
class Comparison(Query):
    """One of the field's values passes `test` with one of `wanted`; the contrary where `negated`."""

    field: Field
    test: Test
    wanted: tuple[Any, ...]
    negated: bool = False

    def matches(self, document: Mapping[str, Any]) -> bool:
        values = self.field.values(document)
        if values is None:
            return False
        for value in values:
            for wanted in self.wanted:
                if self.test(value, wanted):
                    return not self.negated
        return self.negated


@dataclass(frozen=True)
class Has(Query):
    """The field is known and not empty; a flag that is off counts as empty."""

    field: Field

    def matches(self, document: Mapping[str, Any]) -> bool:
        return any(value is not False and value != "" for value in self.field.values(document) or ())
