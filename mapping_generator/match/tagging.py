"""Finds operations that tag one type (``TagRole``, ``AddTagsToStream``) or any resource by its ARN or id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from mapping_generator.match.ties import path_of
from mapping_generator.sources.service_model import Member, Service
from mapping_generator.sources.verbs import Deed

_TAGS: Final = ("tags", "taglist", "tagset")
_KEYS: Final = ("tagkeys", "tagkeylist")
_RESOURCES: Final = ("resourcearn", "resourceid", "arn", "resourcename", "resource")
_NOUN: Final = re.compile(r"Tags(?:(?:To|From|For)(\w+))?")

# The curated mapping has these for every service.
CURATED: Final = frozenset({"TagResource", "UntagResource", "AddTagsToResource", "RemoveTagsFromResource"})


def tagged_noun(deed: Deed) -> str | None:
    """Returns the noun of what an operation tags, "" for any resource; None if it does not tag."""
    if deed.verb in ("Tag", "Untag"):
        return deed.noun
    found = _NOUN.fullmatch(deed.noun)
    return (found[1] or "") if found and deed.verb in ("Add", "Remove", "Create", "Delete") else None


def tags_in(service: Service, deed: Deed, request: Mapping[str, Member]) -> dict[str, str] | None:
    """Returns what an operation does to tags, in the catalog's format: it merges some, or drops some by key."""
    if deed.verb in ("Untag", "Remove", "Delete"):
        keys = next((request[name] for name in (*_KEYS, *_TAGS) if name in request), None)
        return None if keys is None else {"drop": path_of(service, "req", keys, "[]")}
    tags = next((request[name] for name in _TAGS if name in request), None)
    return None if tags is None else {"merge": path_of(service, "req", tags)}


def resource_in(service: Service, request: Mapping[str, Member]) -> str | None:
    """Returns the path of the ARN, id or name of any resource in a request; None if it is of one type."""
    found = next((request[name] for name in _RESOURCES if name in request and request[name].kind == "string"), None)
    return None if found is None else path_of(service, "req", found)
