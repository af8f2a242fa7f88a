"""Parses version 3 of the state format, of Terraform 0.7 to 0.11, into the instances that version 4 would have.

    {"version": 3, "modules": [{"path": ["root", "net"], "resources": {
        "aws_subnet.private.0": {"type": "aws_subnet", "provider": "provider.aws", "deposed": [],
                                 "primary": {"id": "subnet-1", "attributes": {"id": "subnet-1", "tags.%": "0"}}}}}]}

Names, modules and ids are converted as Terraform 0.12 converts them (hashicorp/terraform,
``internal/states/statefile/version3_upgrade.go``); the flat attributes by `ingest_tfstate.resource.flat_map`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from ingest_tfstate.errors import Malformed, NotAState
from ingest_tfstate.resource.depth import check_depth
from ingest_tfstate.resource.instances import Instance, State, address, attributes_of
from ingest_tfstate.state.document import (
    Members,
    is_null,
    object_in,
    objects_in,
    optional_text,
    scalar,
    serial_of,
)

# type.name, type.name.index, and both behind "data."
_NAME: Final = re.compile(r"(?P<data>data\.)?(?P<type>[^.]+)\.(?P<name>[^.]+)(?:\.(?P<index>[0-9]{1,9}))?")
_NOTHING: Final = msgspec.Raw(b"{}")


@dataclass(frozen=True, slots=True)
class _Name:
    """The parts of a resource's name in its module."""

    is_data: bool
    type: str
    name: str
    index: int | None


def parse_state_v3(members: Members) -> State:
    """Returns the state of a document's members.

    Raises:
        Malformed, TooDeep: the message names the resource and what is invalid.
    """
    if is_null(members.get("modules")) and "backend" not in members:
        raise Malformed("the state has format version 3 and no modules")
    instances: dict[str, Instance] = {}
    data_sources = deposed = 0
    for module in objects_in(members, "modules", "the state"):
        path = _module(module)
        where = path or "the root module"
        resources = object_in(module, "resources", where)
        for full_name in resources:
            resource = object_in(resources, full_name, where)
            name = _name(full_name, where)
            if name.is_data:
                data_sources += 1
                continue
            deposed += sum(1 for _ in objects_in(resource, "deposed", full_name))
            if is_null(resource.get("primary")):
                continue  # the object is deposed, and its successor does not exist yet
            found = _instance(path, name, resource, full_name)
            if found.address in instances:
                raise Malformed(f"{found.address} is in the state twice")
            instances[found.address] = found
    if "backend" in members and not instances:
        # Every Terraform since 0.9 writes this into its .terraform folder, in version 3.
        raise NotAState(
            "this is no state but the record of a .terraform folder that says where the state is; give that place"
        )
    return State(
        lineage=optional_text(members, "lineage", "the state") or "",
        serial=serial_of(members),
        terraform_version=optional_text(members, "terraform_version", "the state"),
        instances=instances,
        data_source_count=data_sources,
        deposed_count=deposed,
    )


def _module(module: Members) -> str:
    """Returns a module's address; modules of this format have neither ``count`` nor ``for_each``."""
    path = scalar(module, "path")
    if not isinstance(path, list) or path[:1] != ["root"] or not all(isinstance(step, str) and step for step in path):
        raise Malformed("the state has a module whose path is not a list of texts that begins with root")
    return ".".join(f"module.{step}" for step in path[1:])


def _name(full_name: str, where: str) -> _Name:
    found = _NAME.fullmatch(full_name)
    if found is None:
        raise Malformed(f"{where} has a resource whose name is not of the form type.name.index: {full_name[:80]!r}")
    index = found["index"]
    return _Name(found["data"] is not None, found["type"], found["name"], None if index is None else int(index))


def _instance(module: str, name: _Name, resource: Members, where: str) -> Instance:
    primary = object_in(resource, "primary", where)
    encoded = primary.get("attributes")
    if encoded is None or is_null(encoded):
        encoded = _NOTHING
    attributes = attributes_of(encoded, True, where)
    check_depth(attributes)
    return Instance(
        address=address(module, name.type, name.name, name.index),
        type=name.type,
        name=name.name,
        provider_config=optional_text(resource, "provider", where) or "",
        id=_id(attributes.get("id")) or _id(scalar(primary, "id")),
        encoded=encoded,
        flat=True,
    )


def _id(found: object) -> str | None:
    return found if isinstance(found, str) and found else None
