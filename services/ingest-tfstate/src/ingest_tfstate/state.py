"""A state file's bytes as its resource instances.

The format is version 4 of Terraform and OpenTofu (hashicorp/terraform, ``internal/states/statefile/version4.go``),
written since Terraform 0.12. Addresses are spelled as ``terraform state list`` prints them.

Numbers beyond 64 bits become floats, as in every JSON reader that is not Go's; outputs and ``private`` blobs are
not read at all, since no drift is told of them and they hold secrets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from ingest_tfstate.errors import Encrypted, FutureVersion, Malformed, OldVersion, Truncated

SUPPORTED_VERSION: Final = 4

Path = tuple[str | int, ...]
"""Steps from the attributes down: attribute names and map keys as text, list indices as numbers."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One managed resource instance.

    Attributes:
        address: such as ``module.net["a"].aws_subnet.private[0]``.
        provider_config: the provider with its alias, in the file's spelling.
        attributes: as in the file; for the legacy flat form, the flat map.
        sensitive_paths: what the file marks as sensitive.
    """

    address: str
    type: str
    name: str
    provider_config: str
    attributes: dict[str, Any]
    sensitive_paths: tuple[Path, ...]

    @property
    def id(self) -> str | None:
        """The provider's own id of the resource."""
        found = self.attributes.get("id")
        return found if isinstance(found, str) and found else None


@dataclass(frozen=True, slots=True)
class State:
    """One serial of a workspace.

    Attributes:
        instances: the managed ones by address, in the file's order.
        data_source_count: data source instances, which are read and not managed.
        deposed_count: objects that await their destruction behind a replacement.
    """

    lineage: str
    serial: int
    terraform_version: str | None
    instances: dict[str, Instance]
    data_source_count: int
    deposed_count: int


def parse_state(data: bytes) -> State:
    """The state in ``data``.

    Raises:
        ContentError: one of its named conditions; the message says where the state is not as it should be.
    """
    document = _decode(data)
    _check_version(document)
    serial = document.get("serial")
    if not isinstance(serial, int) or isinstance(serial, bool) or serial < 0:
        raise Malformed(f"the state's serial is {serial!r}, not a whole number")
    instances: dict[str, Instance] = {}
    data_sources = deposed = 0
    for resource in _objects(document, "resources", "the state"):
        where = f"resource {resource.get('type')}.{resource.get('name')}"
        mode = _text(resource, "mode", where)
        for instance in _objects(resource, "instances", where):
            if mode == "data":
                data_sources += 1
            elif mode != "managed":
                raise Malformed(f"{where} has the unknown mode {mode!r}")
            elif instance.get("deposed"):
                deposed += 1
            else:
                found = _instance(resource, instance, where)
                if found.address in instances:
                    raise Malformed(f"{found.address} stands twice in the state")
                instances[found.address] = found
    return State(
        lineage=_optional_text(document, "lineage") or "",
        serial=serial,
        terraform_version=_optional_text(document, "terraform_version"),
        instances=instances,
        data_source_count=data_sources,
        deposed_count=deposed,
    )


def _decode(data: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if not data.strip() or error.msg.startswith("unexpected end of data") or _ends_within_a_character(data):
            raise Truncated(f"the state ends too early, after {len(data)} bytes") from None
        raise Malformed(f"the state is not JSON: {error.msg} at line {error.lineno}") from None
    if not isinstance(document, dict):
        raise Malformed(f"the state is a JSON {type(document).__name__}, not an object")
    return document


def _ends_within_a_character(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False


def _check_version(document: dict[str, Any]) -> None:
    if "encrypted_data" in document or "encryption_version" in document:
        raise Encrypted("the state is encrypted by OpenTofu; give a source that holds it decrypted")
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise Malformed(f"the state's version is {version!r}, so this is no Terraform state")
    if version > SUPPORTED_VERSION:
        raise FutureVersion(f"the state has format version {version}; this release reads version {SUPPORTED_VERSION}")
    if version < SUPPORTED_VERSION:
        raise OldVersion(f"the state has format version {version}; `terraform refresh` with 0.12 or later rewrites it")


def _instance(resource: dict[str, Any], instance: dict[str, Any], where: str) -> Instance:
    kind, name = _text(resource, "type", where), _text(resource, "name", where)
    module = _optional_text(resource, "module")
    attributes = instance.get("attributes")
    if attributes is None:
        attributes = instance.get("attributes_flat") or {}
    if not isinstance(attributes, dict):
        raise Malformed(f"{where} has attributes that are no object")
    prefix = f"{module}." if module else ""
    return Instance(
        address=f"{prefix}{kind}.{name}{_index(instance.get('index_key'), where)}",
        type=kind,
        name=name,
        provider_config=_optional_text(resource, "provider") or "",
        attributes=attributes,
        sensitive_paths=tuple(_sensitive_paths(instance.get("sensitive_attributes"), where)),
    )


def _index(key: object, where: str) -> str:
    if key is None:
        return ""
    if isinstance(key, str):
        return f"[{quote(key)}]"
    if isinstance(key, int | float) and not isinstance(key, bool) and key == int(key):
        return f"[{int(key)}]"
    raise Malformed(f"{where} has the index key {key!r}, neither a number nor a text")


_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def quote(text: str) -> str:
    """``text`` as HCL quotes it, so that an address can be pasted into a Terraform command."""
    out: list[str] = []
    for position, character in enumerate(text):
        if character in _ESCAPES:
            out.append(_ESCAPES[character])
        elif character in "$%":
            out.append(character * 2 if text[position + 1 : position + 2] == "{" else character)
        elif character.isprintable():
            out.append(character)
        else:
            code = ord(character)
            out.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return f'"{"".join(out)}"'


def _sensitive_paths(paths: object, where: str) -> Iterator[Path]:
    """The marked paths; a path that cannot be understood is cut at the step before, which hides more, never less."""
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
    value = step.get("value") if isinstance(step, dict) else None
    if isinstance(value, dict):  # an index step wraps its key with the key's type
        value = value.get("value")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


def _objects(holder: dict[str, Any], name: str, where: str) -> Iterator[dict[str, Any]]:
    found = holder.get(name)
    if found is None:
        return
    if not isinstance(found, list):
        raise Malformed(f"{where} has {name} that are no list")
    for entry in found:
        if not isinstance(entry, dict):
            raise Malformed(f"{where} has {name} of which one is no object")
        yield entry


def _text(holder: dict[str, Any], name: str, where: str) -> str:
    found = holder.get(name)
    if not isinstance(found, str) or not found:
        raise Malformed(f"{where} has no {name}")
    return found


def _optional_text(holder: dict[str, Any], name: str) -> str | None:
    found = holder.get(name)
    if found is None or isinstance(found, str):
        return found or None
    raise Malformed(f"the state has a {name} that is no text")
