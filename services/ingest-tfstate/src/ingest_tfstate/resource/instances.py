"""The resource instances of a state, and their addresses as ``terraform state list`` prints them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import orjson

from ingest_tfstate.errors import Malformed
from ingest_tfstate.resource.flat_map import nested
from tfdrift.subjects import Provider

Path = tuple[str | int, ...]
"""Steps from the attributes down: attribute names and map keys as text, list indices as numbers."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One managed resource instance.

    Attributes:
        address: such as ``module.net["a"].aws_subnet.private[0]``.
        provider_config: the provider with its alias, in the file's spelling.
        id: the provider's own id of the resource.
        encoded: the attributes as in the file; a slice of the file's bytes, so it takes no memory.
        flat: whether the file has them as a flat map (`ingest_tfstate.resource.flat_map`).
        sensitive_paths: the paths that the file marks as sensitive.
        digest: of its bytes in the file and of what its resource says of it; empty where nothing remembers it.
    """

    address: str
    type: str
    name: str
    provider_config: str
    id: str | None
    encoded: msgspec.Raw
    flat: bool = False
    sensitive_paths: tuple[Path, ...] = ()
    digest: bytes = b""

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes, decoded anew each time: 100,000 instances as objects would take a gigabyte.

        Raises:
            Malformed, TooDeep: they are no attributes; a parser returns no such instance.
        """
        found = attributes_of(self.encoded, self.flat, self.address)
        return found if "id" in found or self.id is None else {**found, "id": self.id}


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """What an instance shows by itself of where it is, and where the rest is to be found.

    Attributes:
        provider: a `tfdrift.subjects.Provider`.
        provider_config: whose other instances may show the account and region.
        is_global: it has no region, whatever the others show.
    """

    provider: Provider
    provider_config: str
    account_id: str | None
    region: str | None
    is_global: bool


@dataclass(frozen=True, slots=True)
class KnownInstance:
    """What is remembered of an instance that is recorded, so that it need not be parsed again while it is the same."""

    address: str
    type: str
    digest: bytes
    own_place: OwnPlace


@dataclass(frozen=True, slots=True)
class State:
    """One serial of a workspace.

    Attributes:
        instances: the managed ones by address, in the file's order.
        data_source_count: data source instances, which are read and not managed.
        deposed_count: objects that await their destruction behind a replacement.
        unreadable: why an instance cannot be read, by address; it is in the state, and in no other member.
        unchanged: instances of which all is remembered already, by address; they are in no other member.
        parsed_whole: returns the same state with `unchanged` parsed; needed only where there are any.
    """

    lineage: str
    serial: int
    terraform_version: str | None
    instances: dict[str, Instance]
    data_source_count: int
    deposed_count: int
    unreadable: Mapping[str, str] = field(default_factory=dict)
    unchanged: Mapping[str, KnownInstance] = field(default_factory=dict)
    parsed_whole: Callable[[], State] | None = None

    def __contains__(self, address: object) -> bool:
        """Whether the state has the instance of an address."""
        return address in self.instances or address in self.unchanged or address in self.unreadable

    @property
    def resource_count(self) -> int:
        """The number of its managed instances."""
        return len(self.instances) + len(self.unchanged) + len(self.unreadable)

    def types(self) -> dict[str, int]:
        """Returns the number of managed instances that can be read, by type."""
        counts = Counter(instance.type for instance in self.instances.values())
        counts.update(known.type for known in self.unchanged.values())
        return dict(sorted(counts.items()))


def attributes_of(encoded: msgspec.Raw, flat: bool, where: str) -> dict[str, Any]:
    """Returns the attributes of a JSON text, those of a flat map nested.

    Raises:
        Malformed, TooDeep: they are no attributes.
    """
    try:
        found = orjson.loads(memoryview(encoded)) if encoded else {}
    except orjson.JSONDecodeError as error:
        raise Malformed(f"{where} has attributes that are not JSON: {error.msg}") from None
    if not isinstance(found, dict):
        raise Malformed(f"{where} has attributes that are no object")
    return nested(found) if flat else found


def address(module: str, kind: str, name: str, key: str | int | None) -> str:
    """Returns an instance's address: its module, type, name, and key of ``count`` or ``for_each``."""
    index = "" if key is None else f"[{key}]" if isinstance(key, int) else f"[{quote(key)}]"
    return f"{module}.{kind}.{name}{index}" if module else f"{kind}.{name}{index}"


_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def quote(text: str) -> str:
    """Returns ``text`` quoted as in HCL, so that an address can be pasted into a Terraform command."""
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
