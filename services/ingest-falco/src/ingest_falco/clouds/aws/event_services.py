"""The AWS service of an event name that belongs to one service alone.

``event_services.json`` is written by ``python -m mapping_generator.event_services``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

import orjson


def service_of(event_name: str) -> str | None:
    """The short name of the service, such as ``ec2``; None for a name that several services have, or none."""
    return _services().get(event_name)


@cache
def _services() -> Mapping[str, str]:
    content = resources.files("ingest_falco.clouds.aws").joinpath("event_services.json").read_bytes()
    return {name: service for service, names in orjson.loads(content).items() for name in names}
