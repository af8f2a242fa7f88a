"""Operations that tag: of one type (``TagRole``, ``AddTagsToStream``), or of whatever an ARN or id names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from mapping_generator.service_model import Member, Service
from mapping_generator.ties import path_of
from mapping_generator.verbs import Deed

_TAGS: Final = ("tags", "taglist", "tagset")
_KEYS: Final = ("tagkeys", "tagkeylist")
_RESOURCES: Final = ("resourcearn", "resourceid", "arn", "resourcename", "resource")
_NOUN: Final = re.compile(r"Tags(?:(?:To|From|For)(\w+))?")

# The wildcards of the curated mapping know these, of every service.
CURATED: Final = frozenset({"TagResource", "UntagResource", "AddTagsToResource", "RemoveTagsFromResource"})


def tagged_noun(deed: Deed) -> str | None:
    """The noun of what an operation tags, "" for anything that its request names; None where it does not tag."""
    if deed.verb in ("Tag", "Untag"):
        return deed.noun
    found = _NOUN.fullmatch(deed.noun)
    return (found[1] or "") if found and deed.verb in ("Add", "Remove", "Create", "Delete") else None


def tags_in(service: Service, deed: Deed, request: Mapping[str, Member]) -> dict[str, str] | None:
    """What an operation does to tags, in the catalog's format: merge them into others, or drop some by key."""
    if deed.verb in ("Untag", "Remove", "Delete"):
        keys = next((request[name] for name in (*_KEYS, *_TAGS) if name in request), None)
        return None if keys is None else {"drop": path_of(service, "req", keys, "[]")}
    tags = next((request[name] for name in _TAGS if name in request), None)
    return None if tags is None else {"merge": path_of(service, "req", tags)}


def resource_in(service: Service, request: Mapping[str, Member]) -> str | None:
    """The path of the resource that a request names by ARN, id or name, whatever it is; None where it is of a type."""
    found = next((request[name] for name in _RESOURCES if name in request and request[name].kind == "string"), None)
    return None if found is None else path_of(service, "req", found)
