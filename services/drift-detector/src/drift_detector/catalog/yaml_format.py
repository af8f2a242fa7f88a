"""The format of the mapping files, which people write. The head of ``mapping/curated.yaml`` is a guided tour.

Every model forbids unknown keys, so a typing error is reported with its place and never silently ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from drift_detector.facts.mapping_terms import Comparator, Kind, Tier, Transform
from tfdrift.events import Json


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class WrittenComparison(_Written):
    """How an attribute is compared.

    Attributes:
        unset: further values that mean "not set" for this attribute, beside null, "", [] and {}.
        key: for blocks, the member or members that name an element; elements with different keys are different.
        members: for blocks, how members are compared; members that are not listed are plain values.
        ordered: for blocks, whether their order counts.
        optional: a record in which the attribute is unset agrees with every claim.
        sole: elements of this set are never resources of their own, although those of other types' sets are; null is
            then the empty set.
    """

    compare: Comparator = Comparator.VALUE
    unset: tuple[Json, ...] = ()
    key: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    members: dict[str, Comparison] = Field(default_factory=dict)
    ordered: bool = False
    optional: bool = False
    sole: bool = False

    @model_validator(mode="after")
    def _key_of_blocks(self) -> WrittenComparison:
        if self.compare is not Comparator.BLOCKS and (self.key or self.members or self.ordered):
            raise ValueError("'key', 'members' and 'ordered' belong to compare: blocks")
        return self


def _comparison(value: Any) -> Any:
    return {"compare": value} if isinstance(value, str) else value


Comparison = Annotated[WrittenComparison, BeforeValidator(_comparison)]


class WrittenParent(_Written):
    """A resource that a sub-resource belongs to. ``via`` gives the parent's identity from the child's."""

    type: str
    via: dict[str, str]


def _parents(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class WrittenType(_Written):
    """What is known of a Terraform resource type, for every event.

    Attributes:
        identity: how the recorded value of an identity attribute becomes the form that events give.
        expected: whether a created resource should be in a state. No for types that services and pipelines create all
            day (grants, targets, revisions of a task).
        case_blind: whether the API takes its names in any case. Generated where the API's models say so.
        parent: one, or a list for a resource that joins several, such as a user and a group; one managed parent is
            enough.
        consists_of: the attributes whose values the resource consists of; it is gone when none of them is set.
    """

    expected: bool = True
    case_blind: bool = False
    identity: dict[str, Transform] = Field(default_factory=dict)
    parent: Annotated[tuple[WrittenParent, ...], BeforeValidator(_parents)] = ()
    attributes: dict[str, Comparison] = Field(default_factory=dict)
    consists_of: tuple[str, ...] = ()


class WrittenSource(_Written):
    """Where a value comes from: alternative paths joined by ``|``, a constant, or a block composed of sources.

    Attributes:
        each: a list of the call; the source then gives the list of what it finds for each element, as ``it``.
        one: with each, the source gives the first value found, not a list.
        when: conditions, as for a target; with each, they select the elements.
        values: a translation of the call's values; a value without an entry is unchanged.
        default: the value if the call does not give one; without a default nothing is claimed.
    """

    each: str | None = None
    one: bool = False
    when: dict[str, Json] = Field(default_factory=dict)
    from_: str | None = Field(default=None, alias="from")
    as_: Transform = Field(default=Transform.VALUE, alias="as")
    const: Json = None
    block: dict[str, Source] | None = None
    values: dict[str, Json] | None = None
    default: Json = None

    @model_validator(mode="after")
    def _one_origin(self) -> WrittenSource:
        given = [name for name in ("from_", "const", "block") if name in self.model_fields_set]
        if len(given) != 1:
            raise ValueError("a source has exactly one of 'from', 'const' and 'block'")
        if self.one and self.each is None:
            raise ValueError("'one' belongs to 'each'")
        return self


def _source(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


Source = Annotated[WrittenSource, BeforeValidator(_source)]


class WrittenKeyValues(_Written):
    """A payload of keys and values: a map or, with ``key``, structures with a key and a value member.

    A key of ``map`` that ends in ``/*`` means every key below that path; its attribute is a map of them.
    """

    from_: str = Field(alias="from")
    key: str | None = None
    value: str = "value"
    map: dict[str, Entry]


class WrittenEntry(_Written):
    """The attribute that a key of a key-value payload sets."""

    attribute: str
    as_: Transform = Field(default=Transform.VALUE, alias="as")
    values: dict[str, Json] | None = None


def _entry(value: Any) -> Any:
    return {"attribute": value} if isinstance(value, str) else value


Entry = Annotated[WrittenEntry, BeforeValidator(_entry)]


class WrittenTags(_Written):
    """What a call does to tags: merge some, replace all, drop some by key, or clear them."""

    merge: str | None = None
    replace: str | None = None
    drop: str | None = None
    clear: bool = False


class WrittenMap(_Written):
    """What a call does to a map attribute: merge a map into it, or drop some of its keys."""

    merge: str | None = None
    drop: str | None = None


class WrittenTarget(_Written):
    """One Terraform resource that an event may be about.

    Attributes:
        id: the identity. A key ending in ``?`` may be missing in the call; if any other is, there is no target.
        when: the values that the call must have, by path or paths as in a source: one value or glob, or a list of
            alternatives; null for "not given", "*" for any value, "" for an empty element.
        maps: the map attributes that a call changes key by key.
    """

    type: str
    kind: Kind = Kind.UPDATE
    id: dict[str, Source] = Field(min_length=1)
    when: dict[str, Json] = Field(default_factory=dict)
    set: dict[str, Source] = Field(default_factory=dict)
    add: dict[str, Source] = Field(default_factory=dict)
    remove: dict[str, Source] = Field(default_factory=dict)
    edit: dict[str, Source] = Field(default_factory=dict)
    restore: dict[str, Source] = Field(default_factory=dict)
    keep: dict[str, Source] = Field(default_factory=dict)
    version: Source | None = None
    kv: WrittenKeyValues | None = None
    tags: WrittenTags | None = None
    maps: dict[str, WrittenMap] = Field(default_factory=dict)
    ignore: tuple[str, ...] = ()


class WrittenGroup(_Written):
    """Alternative targets, most specific first, with loops of their own; without loops, only the list is written."""

    each: dict[str, Source] = Field(default_factory=dict)
    targets: tuple[WrittenTarget, ...] = Field(min_length=1)


def _group(value: Any) -> Any:
    return {"targets": value} if isinstance(value, list) else value


Group = Annotated[WrittenGroup, BeforeValidator(_group)]


class WrittenEvent(_Written):
    """What one event claims.

    Attributes:
        each: loops, by variable; the targets are claimed once for each combination of their elements.
        targets: one group of alternatives, most specific first.
        groups: several groups, if the event does several independent things.
        silent: members of the request that set nothing which a state records, each with the reason. A call of which
            no target reads anything is reported as having changed something if it has a member beside these.
    """

    tier: Tier
    silent: dict[str, str] = Field(default_factory=dict)
    each: dict[str, Source] = Field(default_factory=dict)
    targets: tuple[WrittenTarget, ...] = ()
    groups: tuple[Group, ...] = ()

    @model_validator(mode="after")
    def _claims_something(self) -> WrittenEvent:
        if bool(self.targets) == bool(self.groups):
            raise ValueError("an event has either 'targets' or 'groups'")
        return self


class WrittenCatalog(_Written):
    """The whole mapping.

    Attributes:
        provider_schema: the version of the provider that has the attribute names.
        made_by: the command that writes the file, where it is generated.
    """

    version: int = Field(ge=1, le=1)
    provider_schema: str
    made_by: str = ""
    sources: Mapping[str, str] = Field(default_factory=dict)
    types: dict[str, WrittenType] = Field(default_factory=dict)
    events: dict[str, WrittenEvent] = Field(default_factory=dict)


for _model in (WrittenComparison, WrittenSource, WrittenKeyValues, WrittenType, WrittenTarget, WrittenEvent):
    _model.model_rebuild()
