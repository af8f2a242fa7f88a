"""The catalog: which event claims what, and how a type's attributes are compared. `catalog_load` makes it of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from drift_detector.facts.calls import Act
from drift_detector.facts.names import identity_form
from drift_detector.facts.normalise import MISSING, Absent, Path, operation_name
from drift_detector.facts.paths import parse_attribute
from drift_detector.facts.terms import Comparator, Tier, Transform
from tfdrift.events import Json

ANY_TYPE: Final = "*"
ANY_IDENTITY: Final = "@identity"
# The one resource of its type in an account and region, which has no name: a setting of the account.
THE_ONLY: Final = "@only"
# In a condition, that the call gives anything at all.
ANYTHING: Final = "*"
# In a condition, that the call gives something in which nothing is, as an empty element of XML.
EMPTY: Final = ""

# One tag of a resource; labels and annotations of an object of Kubernetes' are the same kind of thing.
_ONE_OF_THE_TAGS: Final = (
    "tags.",
    "tags[",
    *(f"metadata[0].{name}{sign}" for name in ("labels", "annotations") for sign in ".["),
)

# The values that the first of some paths that gives any must have.
Conditions = tuple[tuple[tuple[Path, ...], frozenset[str | None]], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an attribute is compared; see `drift_detector.catalog.format.WrittenComparison`."""

    how: Comparator = Comparator.VALUE
    unset: tuple[Json, ...] = ()
    key: tuple[str, ...] = ()
    members: Mapping[str, Comparison] = field(default_factory=dict)
    ordered: bool = False
    optional: bool = False
    sole: bool = False


PLAIN: Final = Comparison()
ONE_TAG: Final = Comparison(how=Comparator.TAG)


@dataclass(frozen=True, slots=True)
class Parent:
    """The type that a sub-resource belongs to; ``via`` maps the parent's identity attributes to the child's."""

    type: str
    via: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ResourceType:
    """Facts of a Terraform type; an attribute path in ``attributes`` has no indexes."""

    expected: bool = True
    identity: Mapping[str, Transform] = field(default_factory=dict)
    parents: tuple[Parent, ...] = ()
    attributes: Mapping[str, Comparison] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """All that is known of events and types; immutable, so it may be shared and replaced as a whole.

    Compared and hashed by identity: what is made of a catalog alone is made once for each (`record_tokens`).

    Attributes:
        shared: the sets, by type and attribute without indexes, whose elements may be resources of their own.
    """

    events: Mapping[str, EventRule]
    types: Mapping[str, ResourceType]
    global_services: frozenset[str]
    shared: frozenset[tuple[str, str]] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        object.__setattr__(self, "shared", frozenset(self._shared_sets()))

    def _shared_sets(self) -> Iterator[tuple[str, str]]:
        """The sets that some event adds to or removes from, and instead of which it may make or delete a resource.

        A rule of a security group is such a resource. What has the same set is the same thing under another type.
        """
        for group in (group for rule in self.events.values() for group in rule.groups):
            for target in group if len(group) > 1 else ():
                for attribute in (*target.add, *target.remove):
                    if any(_is_its_element(other, target.type, attribute) for other in group):
                        yield target.type, _without_indexes(attribute)

    def event(self, service: str, event_name: str) -> EventRule | None:
        """The rule of an event, by the service's short name (``ec2``) and CloudTrail's ``eventName``."""
        operation = operation_name(event_name)
        found = self.events.get(f"{service}:{operation}") or self.events.get(f"*:{operation}")
        if found is None and operation[:1].islower():
            # Route 53's domains: updateDomainNameservers. Other clouds' operations are in lower case themselves.
            return self.events.get(f"{service}:{operation[0].upper()}{operation[1:]}")
        return found

    def comparison(self, resource_type: str, attribute: str) -> Comparison:
        """How an attribute of a type is compared; of all types where the type itself does not say."""
        if attribute.startswith(_ONE_OF_THE_TAGS):
            return ONE_TAG
        name = _without_indexes(attribute)
        for type_name in (resource_type, ANY_TYPE):
            facts = self.types.get(type_name)
            if facts is not None and name in facts.attributes:
                return facts.attributes[name]
        return PLAIN

    def may_be_in_another_resource(self, resource_type: str, attribute: str) -> bool:
        """Whether a set that is null may have its elements in resources of their own, and is not simply empty."""
        is_shared = (resource_type, _without_indexes(attribute)) in self.shared
        return is_shared and not self.comparison(resource_type, attribute).sole

    def is_expected(self, resource_type: str) -> bool:
        """Whether what somebody made of a type should be in a state."""
        facts = self.types.get(resource_type)
        return facts is None or facts.expected

    def parents(self, resource_type: str) -> tuple[Parent, ...]:
        """The types that a sub-resource belongs to, none for a resource of its own."""
        facts = self.types.get(resource_type)
        return facts.parents if facts is not None else ()

    def identity_value(self, resource_type: str, attribute: str, value: Json) -> str | None:
        """A recorded identity attribute in the form that targets give it; None for what names nothing."""
        facts = self.types.get(resource_type)
        transform = facts.identity.get(attribute, Transform.VALUE) if facts is not None else Transform.VALUE
        return identity_form(transform, value)

    def identity_values(self, resource_type: str, attribute: str, value: Json) -> tuple[str, ...]:
        """As `identity_value`, but each element of a recorded list for itself: any of them names the resource."""
        listed = value if isinstance(value, list) else [value]
        texts = (self.identity_value(resource_type, attribute, one) for one in listed)
        return tuple(text for text in texts if text is not None)

    def identity_attributes(self) -> dict[str, frozenset[frozenset[str]]]:
        """By type, the sets of attributes that some event identifies it by, those that may be missing included."""
        found: dict[str, set[frozenset[str]]] = {}
        for rule in self.events.values():
            for target in (target for group in rule.groups for target in group):
                found.setdefault(target.type, set()).add(frozenset(target.identity))
        return {name: frozenset(sets) for name, sets in found.items()}


def _without_indexes(attribute: str) -> str:
    return ".".join(part for part in parse_attribute(attribute) if isinstance(part, str))


def _is_its_element(other: TargetRule, resource_type: str, attribute: str) -> bool:
    has_the_set = attribute in other.add or attribute in other.remove
    return other.type != resource_type and other.act is not Act.UPDATE and not has_the_set
