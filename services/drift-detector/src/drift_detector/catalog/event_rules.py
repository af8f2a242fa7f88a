"""The compiled rules of the mapping: how an event becomes targets with operations.

They are msgspec structures, so that the compiled catalog can be stored (`drift_detector.catalog.artifact`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import msgspec

from drift_detector.facts.call import Act, Verb
from drift_detector.facts.document import Path
from drift_detector.facts.mapping_terms import Tier, Transform
from drift_detector.facts.no_value import MISSING, Absent
from tfdrift.events import Json

ANY_IDENTITY: Final = "@identity"


# Identifies the only resource of its type in an account and region, which has no name: a setting of the account.
THE_ONLY: Final = "@only"


# In a condition: the call gives any value.
ANYTHING: Final = "*"


# In a condition: the call gives an empty value, such as an empty XML element.
EMPTY: Final = ""


# Each condition: some paths, and the values of which the first value found there must be one.
Conditions = tuple[tuple[tuple[Path, ...], tuple[str | None, ...]], ...]


class Source(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """Where a value comes from, with compiled paths.

    Attributes:
        each: a list of the call; ``element`` is found for each of its elements, as ``it``. Other members are unused.
        when: conditions, as for a target.
        default: the value if the call gives none; `MISSING` for no default.
    """

    paths: tuple[Path, ...] = ()
    transform: Transform = Transform.VALUE
    const: Json = None
    block: Mapping[str, Source] | None = None
    values: Mapping[str, Json] | None = None
    default: Json | Absent = MISSING
    when: Conditions = ()
    each: Path | None = None
    element: Source | None = None
    one: bool = False

    @cached_property
    def needs(self) -> frozenset[str]:
        """Members of the request; if it has none of them, the source gives nothing. Empty if that is not known.

        Most sources of most calls give nothing, and this test takes a tenth of the time of the search.
        """
        simple = self.default is MISSING and self.each is None and self.block is None and bool(self.paths)
        if not simple or not all(path.root == "req" and path.steps and not path.each for path in self.paths):
            return frozenset()
        return frozenset(name for path in self.paths for name in path.steps[0].spellings)


class KeyValues(msgspec.Struct, frozen=True, omit_defaults=True):
    """A payload of keys and values. ``entries`` has for each folded key the attribute and how its value is read."""

    path: Source
    key: str | None
    value: str
    entries: Mapping[str, tuple[str, Transform, Mapping[str, Json] | None]]


class Tags(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a call does to tags: exactly one of the sources, or ``clear``."""

    merge: Source | None = None
    replace: Source | None = None
    drop: Source | None = None
    clear: bool = False


# The sources of a request, each with what it does to which attribute.
Sources = tuple[tuple[Verb, str, Source], ...]
# A request may have any members, so there is no end of combinations.
_MAX_COMBINATIONS: Final = 64


class TargetRule(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """How a call becomes a target.

    Attributes:
        optional: the identity attributes that a call may omit.
        when: the values that the call must have at these paths, as folded text or globs; None for no value, "*" for any
            value, "" for an empty one.
        maps: the map attributes that are changed by key, each with the source of new entries and of dropped keys.
        case_blind: whether the API takes the type's names in any case.
    """

    type: str
    act: Act = Act.UPDATE
    identity: Mapping[str, Source] = {}
    optional: tuple[str, ...] = ()
    when: Conditions = ()
    set: Mapping[str, Source] = {}
    add: Mapping[str, Source] = {}
    remove: Mapping[str, Source] = {}
    edit: Mapping[str, Source] = {}
    restore: Mapping[str, Source] = {}
    keep: Mapping[str, Source] = {}
    version: Source | None = None
    kv: KeyValues | None = None
    tags: Tags | None = None
    maps: Mapping[str, tuple[Source | None, Source | None]] = {}
    case_blind: bool = False

    @cached_property
    def _found(self) -> dict[frozenset[str], Sources]:
        """The sources by the combinations of members that requests had."""
        return {}

    @property
    def only_attribute(self) -> str | None:
        """The attribute that the event always sets; None where it may set one of several."""
        if self.kv is not None or self.maps:
            return None
        attributes = {*self.set, *self.add, *self.remove, *self.edit, *(("tags",) if self.tags is not None else ())}
        return attributes.pop() if len(attributes) == 1 else None

    def sources(self, members: frozenset[str]) -> Sources:
        """Returns the sources that may give a value if the request has these members, in the order of their effect.

        A call changes a set at once: an element that it removes and adds is replaced. So removals come first.
        The requests of one event have few combinations of members, so the sources of each are found once.
        """
        found = self._found.get(members)
        if found is None:
            if len(self._found) >= _MAX_COMBINATIONS:
                self._found.clear()
            by_verb = (
                (Verb.SET, self.set),
                (Verb.REMOVE, self.remove),
                (Verb.ADD, self.add),
                (Verb.EDIT, self.edit),
                (Verb.RESTORE, self.restore),
                (Verb.KEEP, self.keep),
            )
            found = self._found[members] = tuple(
                (verb, attribute, source)
                for verb, sources in by_verb
                for attribute, source in sources.items()
                if not (needs := source.needs) or not needs.isdisjoint(members)
            )
        return found


class EventRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an event becomes groups of alternative targets. ``each`` loops over all groups, ``group_each`` over one.

    Attributes:
        silent: members of the request that set nothing which a state records.
    """

    tier: Tier
    service: str
    operation: str
    each: tuple[tuple[str, Source], ...]
    groups: tuple[tuple[TargetRule, ...], ...]
    group_each: tuple[tuple[tuple[str, Source], ...], ...]
    silent: tuple[str, ...] = ()
