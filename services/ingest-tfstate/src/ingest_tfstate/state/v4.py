"""Parses a state file's bytes into resource instances.

Version 4 is what Terraform since 0.12 and OpenTofu write (hashicorp/terraform,
``internal/states/statefile/version4.go``); version 3, of Terraform 0.7 to 0.11, is read by `ingest_tfstate.state.v3`.

Numbers beyond 64 bits become floats, as in most JSON readers. If a member is there twice, the last one counts, as in
Go. Outputs, check results and ``private`` blobs are not read: they have no drift and contain secrets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from ingest_tfstate.errors import ContentError, Malformed
from ingest_tfstate.resource.depth import check_depth
from ingest_tfstate.resource.instances import Instance, KnownInstance, Path, State, address, attributes_of
from ingest_tfstate.state.document import (
    Members,
    is_null,
    members_in,
    members_of,
    objects_in,
    optional_text,
    raws_in,
    scalar,
    serial_of,
    text,
)
from ingest_tfstate.state.v3 import parse_state_v3

_NOTHING: Final = msgspec.Raw(b"{}")
_NOTHING_KNOWN: Final[Mapping[bytes, KnownInstance]] = {}


class _Resource(msgspec.Struct):
    """A resource as Terraform writes it, decoded in one step but for its instances."""

    mode: str
    type: str
    name: str
    provider: str | None = None
    module: str | None = None
    instances: list[msgspec.Raw] | None = None


_RESOURCES: Final = msgspec.json.Decoder(list[_Resource])


@dataclass(slots=True)
class _Found:
    """What was found in a state so far."""

    known: Mapping[bytes, KnownInstance]
    instances: dict[str, Instance] = field(default_factory=dict)
    unchanged: dict[str, KnownInstance] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    data_sources: int = 0
    deposed: int = 0


def parse_state(data: bytes, known: Mapping[bytes, KnownInstance] = _NOTHING_KNOWN) -> State:
    """Returns the state in ``data``. An instance that cannot be read is in `State.unreadable`.

    Args:
        known: instances by digest that need not be parsed again.

    Raises:
        ContentError: the message names the resource and what is invalid.
    """
    members = members_of(data)
    if scalar(members, "version") == 3:
        return parse_state_v3(members)
    found = _Found(known)
    for one in _resources(members):
        _read_resource(one, found)
    return State(
        lineage=optional_text(members, "lineage", "the state") or "",
        serial=serial_of(members),
        terraform_version=optional_text(members, "terraform_version", "the state"),
        instances=found.instances,
        data_source_count=found.data_sources,
        deposed_count=found.deposed,
        unreadable=found.unreadable,
        unchanged=found.unchanged,
        parsed_whole=_later(data),
    )


def _later(data: bytes) -> Callable[[], State]:
    return lambda: parse_state(data)


def _resources(members: Members) -> Iterator[_Resource]:
    """Yields the resources; where one is not as Terraform writes it, step by step, so that the error names it."""
    encoded = members.get("resources")
    if encoded is not None and not is_null(encoded):
        try:
            yield from _RESOURCES.decode(encoded)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass
        else:
            return
    for one in objects_in(members, "resources", "the state"):
        kind, name = text(one, "type", "a resource"), text(one, "name", "a resource")
        where = f"resource {kind}.{name}"
        yield _Resource(
            mode=text(one, "mode", where),
            type=kind,
            name=name,
            provider=optional_text(one, "provider", where),
            module=optional_text(one, "module", where),
            instances=raws_in(one, "instances", where),
        )


def _read_resource(resource: _Resource, found: _Found) -> None:
    for name in ("type", "name", "mode"):
        if not getattr(resource, name):
            raise Malformed(f"a resource has no {name}")
    where = f"resource {resource.type}.{resource.name}"
    encoded = resource.instances or ()
    if resource.mode == "data":
        found.data_sources += len(encoded)
        return
    if resource.mode != "managed":
        if encoded:
            raise Malformed(f"{where} has a mode that is neither managed nor data")
        return
    header = (resource.type, resource.name, resource.provider or "", resource.module or "")
    of_resource = hashlib.sha256("\0".join(header).encode("utf-8", "surrogatepass"))
    for one in encoded:
        hasher = of_resource.copy()
        hasher.update(memoryview(one))
        digest = hasher.digest()[:16]
        known = found.known.get(digest)
        if known is None:
            _read_instance(resource, members_in(one, f"{where} has instances of which one is no object"), digest, found)
        elif known.address in found.unchanged or known.address in found.instances:
            raise Malformed(f"{known.address} is in the state twice")
        else:
            found.unchanged[known.address] = known


def _read_instance(resource: _Resource, instance: Members, digest: bytes, found: _Found) -> None:
    where = f"resource {resource.type}.{resource.name}"
    if scalar(instance, "deposed"):
        found.deposed += 1
        return
    key = _key(scalar(instance, "index_key"), where)
    full_address = address(resource.module or "", resource.type, resource.name, key)
    if full_address in found.instances or full_address in found.unchanged or full_address in found.unreadable:
        raise Malformed(f"{full_address} is in the state twice")
    try:
        found.instances[full_address] = _instance(full_address, resource, instance, digest)
    except ContentError as error:
        found.unreadable[full_address] = str(error)


def _instance(full_address: str, resource: _Resource, instance: Members, digest: bytes) -> Instance:
    # States that no provider has upgraded since 0.11 have flat attributes.
    flat = is_null(instance.get("attributes")) and not is_null(instance.get("attributes_flat"))
    encoded = instance["attributes_flat"] if flat else instance.get("attributes")
    if encoded is None or is_null(encoded):
        encoded = _NOTHING
    attributes = attributes_of(encoded, flat, full_address)
    check_depth(attributes)
    identifier = attributes.get("id")
    return Instance(
        address=full_address,
        type=resource.type,
        name=resource.name,
        provider_config=resource.provider or "",
        id=identifier if isinstance(identifier, str) and identifier else None,
        encoded=encoded,
        flat=flat,
        sensitive_paths=tuple(_sensitive_paths(scalar(instance, "sensitive_attributes"), full_address)),
        digest=digest,
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
