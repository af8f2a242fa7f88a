"""What the mapping says of a Terraform resource type: how it is identified, and how its attributes are compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from drift_detector.facts.mapping_terms import Comparator, Transform
from tfdrift.events import Json


class Comparison(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an attribute is compared; `drift_detector.catalog.yaml_format.WrittenComparison` explains the members."""

    how: Comparator = Comparator.VALUE
    unset: tuple[Json, ...] = ()
    key: tuple[str, ...] = ()
    members: Mapping[str, Comparison] = {}
    ordered: bool = False
    optional: bool = False
    sole: bool = False


PLAIN: Final = Comparison()


ONE_TAG: Final = Comparison(how=Comparator.TAG)


class Parent(msgspec.Struct, frozen=True):
    """A type that a sub-resource belongs to. ``via`` maps the parent's identity attributes to the child's."""

    type: str
    via: Mapping[str, str]


class ResourceType(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a type. An attribute path in ``attributes`` has no indexes.

    Attributes:
        case_blind: whether the API takes its names in any case; identities are then compared in lower case.
        consists_of: the attributes whose values the resource consists of; it is gone when none of them is set.
    """

    expected: bool = True
    case_blind: bool = False
    identity: Mapping[str, Transform] = {}
    parents: tuple[Parent, ...] = ()
    attributes: Mapping[str, Comparison] = {}
    consists_of: tuple[str, ...] = ()
