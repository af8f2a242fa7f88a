"""Says which AWS services and resource types belong to no region.

The lists are generated from the provider's schema (`make mapping`): since version 6 every type with a region has the
attribute ``region``.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

import orjson

# A bucket has a region, but its name does not, and calls of other regions' endpoints reach it.
_BUCKETS: Final = "s3"


@cache
def _lists() -> tuple[frozenset[str], tuple[str, ...], frozenset[str]]:
    """Returns the services, the beginnings that only such types have, and the other such types."""
    lists = orjson.loads((resources.files("tfdrift") / "regionless.json").read_bytes())
    return frozenset(lists["services"]) | {_BUCKETS}, tuple(lists["beginnings"]), frozenset(lists["types"])


def is_global_service(service: str) -> bool:
    """Whether what a service names belongs to no region; the service as CloudTrail names it: ``iam``."""
    return service in _lists()[0]


def is_global_type(resource_type: str) -> bool:
    """Whether resources of an AWS type belong to no region: ``aws_iam_role``."""
    _, beginnings, types = _lists()
    return resource_type.startswith(beginnings) or resource_type in types
