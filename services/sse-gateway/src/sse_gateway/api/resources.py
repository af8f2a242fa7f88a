"""One resource as the state records it, with what must not be shown hidden."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

import orjson

from sse_gateway.access.scope import Scope
from sse_gateway.errors import Refused
from sse_gateway.problem import BadParameter, Problem
from tfdrift.bus import Bus
from tfdrift.events import SENSITIVE_DISPLAY, Json
from tfdrift.records import OVERSIZED_MEMBER, STATE_BUCKET, ResourceRecord, hidden_hash, resource_key

# As ingest-tfstate shows it in a state change.
OVERSIZED_DISPLAY: Final = "(oversized)"


async def find(bus: Bus, workspaces: Iterable[str], address: str, scope: Scope) -> ResourceRecord:
    """The resource at an address, in the one of the workspaces that has it.

    Raises:
        Refused: none has it (404), or not any more, or it may not be seen.
        BadParameter: several have it, so the workspace must be named.
        tfdrift.bus.BusError: NATS cannot be asked now.
        ValueError: what is stored is no record.
    """
    bucket, found = bus.bucket(STATE_BUCKET), list[ResourceRecord]()
    for entry in await asyncio.gather(*(bucket.get(resource_key(name, address)) for name in workspaces)):
        if entry is not None and entry.value:
            record = ResourceRecord.model_validate_json(entry.value)
            if record.removed is None and scope.allows_resource(record.provider, record.type, record.workspace):
                found.append(record)
    if not found:
        raise Refused(Problem(HTTPStatus.NOT_FOUND, f"No state holds a resource at {address!r}."))
    if len(found) > 1:
        names = [record.workspace for record in found]
        raise BadParameter("workspace", f"{address!r} is in {len(names)} workspaces; name one", names)
    return found[0]


def shown(record: ResourceRecord) -> bytes:
    """The record in JSON, each hidden value as clients see it elsewhere, without its hash."""
    return orjson.dumps(_redacted(orjson.loads(record.encode())))


def _redacted(value: Json) -> Json:
    if hidden_hash(value) is not None:
        return OVERSIZED_DISPLAY if OVERSIZED_MEMBER in value else SENSITIVE_DISPLAY
    if isinstance(value, dict):
        return {name: _redacted(member) for name, member in value.items()}
    return [_redacted(item) for item in value] if isinstance(value, list) else value
