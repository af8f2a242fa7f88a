"""The rules of the mapping, compiled: how an event becomes targets with operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from drift_detector.facts.call import Act
from drift_detector.facts.document import Path
from drift_detector.facts.mapping_terms import Tier, Transform
from drift_detector.facts.no_value import MISSING, Absent
from tfdrift.events import Json

ANY_IDENTITY: Final = "@identity"


# The one resource of its type in an account and region, which has no name: a setting of the account.
THE_ONLY: Final = "@only"


# In a condition, that the call gives anything at all.
ANYTHING: Final = "*"


# In a condition, that the call gives something in which nothing is, as an empty element of XML.
EMPTY: Final = ""


# The values that the first of some paths that gives any must have.
Conditions = tuple[tuple[tuple[Path, ...], frozenset[str | None]], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from, its paths compiled.

    Attributes:
        each: the list that ``element`` is found for each element of, as ``it``; the other members are then unused.
        when: as a target's.
        default: `MISSING` for none.
        needs: members of the request without any of which the source gives nothing; empty where that is not so simple.
            Most sources of most calls give nothing, and to see it here takes a tenth of looking for it.
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
    needs: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        simple = self.default is MISSING and self.each is None and self.block is None and bool(self.paths)
        if simple and all(path.root == "req" and path.steps and not path.each for path in self.paths):
            names = frozenset(name for path in self.paths for name in path.steps[0].spellings)
            object.__setattr__(self, "needs", names)


@dataclass(frozen=True, slots=True)
class KeyValues:
    """A key-value payload, its keys folded; ``entries`` gives for a key the attribute and how its value is read."""

    path: Source
    key: str | None
    value: str
    entries: Mapping[str, tuple[str, Transform, Mapping[str, Json] | None]]


@dataclass(frozen=True, slots=True)
class Tags:
    """What a call does to tags; at most one of the sources, or ``clear``."""

    merge: Source | None
    replace: Source | None
    drop: Source | None
    clear: bool


@dataclass(frozen=True, slots=True)
class TargetRule:
    """How a target is made of a call.

    Attributes:
        optional: the identity attributes that may be missing.
        when: the values that the call must have at these paths, in folded text or as globs; None for none, "*" for any,
            "" for an empty one.
        maps: the map attributes that are changed by key, each with what is merged and which keys are dropped.
    """

    type: str
    act: Act
    identity: Mapping[str, Source]
    optional: frozenset[str]
    when: Conditions
    set: Mapping[str, Source]
    add: Mapping[str, Source]
    remove: Mapping[str, Source]
    kv: KeyValues | None
    tags: Tags | None
    maps: Mapping[str, tuple[Source | None, Source | None]]


@dataclass(frozen=True, slots=True)
class EventRule:
    """How an event becomes groups of alternative targets; ``each`` are the loops of all, ``group_each`` of a group."""

    tier: Tier
    service: str
    operation: str
    each: tuple[tuple[str, Source], ...]
    groups: tuple[tuple[TargetRule, ...], ...]
    group_each: tuple[tuple[tuple[str, Source], ...], ...]
