"""Parses a state file's bytes into resource instances.

Version 4 is what Terraform since 0.12 and OpenTofu write (hashicorp/terraform,
``internal/states/statefile/version4.go``); version 3, of Terraform 0.7 to 0.11, is read by `ingest_tfstate.state.v3`.

Numbers beyond 64 bits become floats, as in most JSON readers. If a member is there twice, the last one counts, as in
Go. Outputs, check results and ``private`` blobs are not read: they have no drift and contain secrets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ingest_tfstate.errors import Malformed
from ingest_tfstate.redaction.redact import check_depth
from ingest_tfstate.resource.instances import Instance, Path, State, address, attributes_of
from ingest_tfstate.state.document import (
    Members,
    is_null,
    members_of,
    objects_in,
    optional_text,
    scalar,
    serial_of,
    text,
)
from ingest_tfstate.state.v3 import parse_state_v3

_NOTHING: Final = msgspec.Raw(b"{}")


def parse_state(data: bytes) -> State:
    """Returns the state in ``data``.

    Raises:
        ContentError: the message names the resource and what is invalid.
    """
    members = members_of(data)
    if scalar(members, "version") == 3:
        return parse_state_v3(members)
    instances: dict[str, Instance] = {}
    data_sources = deposed = 0
    for resource in objects_in(members, "resources", "the state"):
        kind, name = text(resource, "type", "a resource"), text(resource, "name", "a resource")
        where = f"resource {kind}.{name}"
        mode = text(resource, "mode", where)
        for instance in objects_in(resource, "instances", where):
            if mode == "data":
                data_sources += 1
            elif mode != "managed":
                raise Malformed(f"{where} has a mode that is neither managed nor data")
            elif scalar(instance, "deposed"):
                deposed += 1
            else:
                found = _instance(kind, name, resource, instance)
                if found.address in instances:
                    raise Malformed(f"{found.address} is in the state twice")
                instances[found.address] = found
    return State(
        lineage=optional_text(members, "lineage", "the state") or "",
        serial=serial_of(members),
        terraform_version=optional_text(members, "terraform_version", "the state"),
        instances=instances,
        data_source_count=data_sources,
        deposed_count=deposed,
    )


def _instance(kind: str, name: str, resource: Members, instance: Members) -> Instance:
    where = f"resource {kind}.{name}"
    # States that no provider has upgraded since 0.11 have flat attributes.
    flat = is_null(instance.get("attributes")) and not is_null(instance.get("attributes_flat"))
    encoded = instance["attributes_flat"] if flat else instance.get("attributes")
    if encoded is None or is_null(encoded):
        encoded = _NOTHING
    attributes = attributes_of(encoded, flat, where)
    check_depth(attributes)
    identifier = attributes.get("id")
    key = _key(scalar(instance, "index_key"), where)
    return Instance(
        address=address(optional_text(resource, "module", where) or "", kind, name, key),
        type=kind,
        name=name,
        provider_config=optional_text(resource, "provider", where) or "",
        id=identifier if isinstance(identifier, str) and identifier else None,
        encoded=encoded,
        flat=flat,
        sensitive_paths=tuple(_sensitive_paths(scalar(instance, "sensitive_attributes"), where)),
    )


def _key(key: object, where: str) -> str | int | None:
    if key is None or isinstance(key, str):
        return key
    if isinstance(key, int | float) and not isinstance(key, bool) and key == int(key):
        return int(key)
    raise Malformed(f"{where} has an index key that is neither a whole number nor a text")


def _sensitive_paths(paths: object, where: str) -> Iterator[Path]:
    """Yields the marked paths; an unreadable path is truncated before the unreadable step, which hides more."""
    if paths is None:
        return
    if not isinstance(paths, list):
        raise Malformed(f"{where} has sensitive_attributes that are no list")
    for path in paths:
        # Terraform 0.14 alphas and some tools write one flat list of steps for a single path.
        steps = path if isinstance(path, list) else [path]
        known: list[str | int] = []
        for step in steps:
            key = _step(step)
            if key is None:
                break
            known.append(key)
        yield tuple(known)


def _step(step: object) -> str | int | None:
    value: Any = step.get("value") if isinstance(step, dict) else None
    if isinstance(value, dict):  # an index step wraps its key with the key's type
        value = value.get("value")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None
