"""The calls that gave a resource another name, and which resource a name means at which time.

A state has the name that a resource had when the state was written. Whoever renames it by hand uses the new name from
then on, and the old one may be given to another resource: databases are exchanged this way. So a name means the
resource that got it last, by a state or by a call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from drift_detector.catalog.event_rules import ANY_IDENTITY
from drift_detector.facts.call import Act, Call, Target, Verb
from drift_detector.facts.names import arn_tail

_versions = count(1)


@dataclass(frozen=True, slots=True)
class Rename:
    """A call that gave a target's resource another name."""

    call: Call
    type: str
    attribute: str
    old: str
    new: str

    def before(self, target: Target) -> Target | None:
        """Returns a target with the old name in place of the new one; None if it does not have the new name."""
        for attribute, value in target.identity.items():
            former: str | None = None
            if attribute == self.attribute and target.type == self.type and value == self.new:
                former = self.old
            elif attribute == ANY_IDENTITY:
                former = _exchanged(value, self.new, self.old)
            if former is not None:
                return target.model_copy(update={"identity": {**target.identity, attribute: former}})
        return None

    def concerns(self, call: Call) -> bool:
        """Whether the rename was before a call, in the same account and region."""
        place, other = (self.call.account_id, self.call.region), (call.account_id, call.region)
        same_place = all(one is None or two is None or one == two for one, two in zip(place, other, strict=True))
        return same_place and self.call.provider is call.provider and self.call.order < call.order


class Renames:
    """The known renames, by the new names.

    Attributes:
        version: a number that changes with every change.
    """

    def __init__(self) -> None:
        self.version = next(_versions)
        self._by_new_name: dict[str, list[Rename]] = defaultdict(list)
        self._by_event: dict[str, tuple[Rename, ...]] = {}

    def put(self, call: Call) -> None:
        """Adds a call if it renames a resource."""
        if found := tuple(_renames_of(call)):
            self.version = next(_versions)
            self._by_event[call.event_id] = found
            for rename in found:
                self._by_new_name[rename.new].append(rename)

    def remove(self, call: Call) -> None:
        """Removes a call."""
        for rename in self._by_event.pop(call.event_id, ()):
            self.version = next(_versions)
            self._by_new_name[rename.new].remove(rename)

    def of(self, call: Call) -> tuple[Rename, ...]:
        """Returns the renames of a call, one for each type that it may be about."""
        return self._by_event.get(call.event_id, ())

    def latest(self, target: Target, call: Call) -> list[tuple[Rename, Target]]:
        """Returns the last renames before a call that gave the target's name, by type, with the former target."""
        if not self._by_event:
            return []
        found: dict[str, tuple[Rename, Target]] = {}
        named = {name for value in target.identity.values() for name in (value, arn_tail(value))}
        for rename in (one for name in named for one in self._by_new_name.get(name, ())):
            former = rename.before(target) if rename.concerns(call) else None
            known = found.get(rename.type)
            if former is not None and (known is None or known[0].call.order < rename.call.order):
                found[rename.type] = (rename, former)
        return list(found.values())

    def tokens(self, kind: str, tokens: frozenset[str], naming: Iterable[Call]) -> frozenset[str]:
        """Returns the further tokens that a resource has since these calls renamed it."""
        further: set[str] = set()
        for rename in (one for call in naming for one in self.of(call) if one.type == kind):
            if f"{kind}\0{rename.attribute}\0{rename.old}" in tokens:
                further.add(f"{kind}\0{rename.attribute}\0{rename.new}")
            for token in tokens:
                name = token.removeprefix("*\0") if token.startswith("*\0") else ""
                if (given := _exchanged(name, rename.old, rename.new)) is not None:
                    further.add(f"*\0{given}")
        return frozenset(further - tokens)

    def __bool__(self) -> bool:
        return bool(self._by_event)


def _renames_of(call: Call) -> Iterator[Rename]:
    for target in (target for group in call.groups for target in group if target.act is Act.UPDATE):
        for operation in target.operations:
            old, new = target.identity.get(operation.attribute), operation.value
            if old and isinstance(new, str) and new and new != old and operation.verb is Verb.SET:
                yield Rename(call, target.type, operation.attribute, old, new)


def _exchanged(text: str, name: str, other: str) -> str | None:
    """Returns a name, or an ARN that ends with it, with another name in its place; None for other texts."""
    if text == name:
        return other
    return text[: -len(name)] + other if text.startswith("arn:") and arn_tail(text) == name else None
