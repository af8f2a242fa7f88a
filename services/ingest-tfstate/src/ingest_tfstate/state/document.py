"""Splits a file's bytes into the members of a state, or says why they are no state.

The members stay undecoded (`msgspec.Raw`, slices of the file's bytes). So a state of 250 MB takes a tenth of a second
here and no memory. Whoever reads a member decodes it.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

import msgspec
import orjson

from ingest_tfstate.errors import Encrypted, FutureVersion, Malformed, NotAState, OldVersion, TooDeep, Truncated

Members = dict[str, msgspec.Raw]

OLDEST_VERSION: Final = 3
NEWEST_VERSION: Final = 4

_T = TypeVar("_T")
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])

# PowerShell's ``terraform state pull > prod.tfstate`` writes UTF-16, Windows' editors a mark before UTF-8.
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ARCHIVES: Final[Mapping[bytes, str]] = {
    b"\x1f\x8b": "compressed with gzip: store it uncompressed",
    b"PK\x03\x04": "a plan, or another zip archive: give the state",
}
_PULL: Final = "`terraform state pull` prints the state"
# Other JSON that Terraform and its tools write, and the members by which it is recognised.
_OTHERS: Final[tuple[tuple[frozenset[str], str], ...]] = (
    (frozenset({"format_version", "planned_values"}), f"a plan as `terraform show -json` prints it; {_PULL}"),
    (frozenset({"format_version", "resource_changes"}), f"a plan as `terraform show -json` prints it; {_PULL}"),
    (frozenset({"format_version", "provider_schemas"}), f"what `terraform providers schema` prints; {_PULL}"),
    (frozenset({"format_version", "terraform_version"}), f"what `terraform show -json` prints; {_PULL}"),
    (frozenset({"ID", "Operation", "Who"}), "a lock of a state; give the state itself, which is beside it"),
    (
        frozenset({"data"}),
        "an answer of an API; HCP Terraform's has a hosted-state-download-url, which leads to the state itself",
    ),
)


def members_of(data: bytes) -> Members:
    """Returns the members of the state in `data`, whose ``version`` is 3 or 4.

    Raises:
        ContentError: it is no state, or none that we can read. Its message shows no value of the file but the version.
    """
    for magic, what in _ARCHIVES.items():
        if data.startswith(magic):
            raise NotAState(f"the file is {what}")
    text = _as_utf_8(data)
    if text.isspace() or not text:
        raise Truncated("the state is empty; Terraform may have just begun to write it")
    members = _decode(text)
    _check_kind(members)
    _check_version(scalar(members, "version"))
    return members


def _as_utf_8(data: bytes) -> bytes:
    if data.startswith(_UTF_16):
        try:
            return data.decode("utf-16").encode()
        except UnicodeError as error:
            if "truncated data" in str(error) or "unexpected end" in str(error):
                raise Truncated(f"the state ends within a character, after {len(data)} bytes") from None
            raise Malformed("the state begins as UTF-16, but its text is not UTF-16") from None
    return data.removeprefix(codecs.BOM_UTF8)


def _decode(text: bytes) -> Members:
    try:
        return _MEMBERS.decode(text)
    except msgspec.ValidationError:
        raise Malformed("the state is JSON, but not an object") from None
    except msgspec.DecodeError as error:
        # A truncated number is invalid at the end of the text.
        if "truncated" in str(error) or str(error).endswith(f"invalid number (byte {len(text)})"):
            raise Truncated(f"the state ends too early, after {len(text)} bytes") from None
        raise Malformed(f"the state is not JSON: {error}") from None
    except UnicodeDecodeError:
        raise Malformed("the state is not JSON: it is not UTF-8") from None
    except RecursionError:
        raise TooDeep("the state is nested deeper than any provider's schema") from None


def _check_kind(members: Members) -> None:
    if "encrypted_data" in members:
        raise Encrypted(
            "the state is encrypted by OpenTofu; `tofu state pull` prints it decrypted, give a place where that is kept"
        )
    if "resources" not in members and "modules" not in members:
        for marks, what in _OTHERS:
            if marks <= members.keys() and "lineage" not in members:
                raise NotAState(f"this is no state but {what}")


def _check_version(version: object) -> None:
    if not isinstance(version, int) or isinstance(version, bool):
        raise Malformed("the state has no version that is a whole number, so this is no Terraform state")
    if version > NEWEST_VERSION:
        raise FutureVersion(
            f"the state has format version {version}; this release reads {OLDEST_VERSION} and {NEWEST_VERSION}"
        )
    if version < OLDEST_VERSION:
        raise OldVersion(
            f"the state has format version {version}, of Terraform before 0.7; "
            "`terraform refresh` with Terraform 0.11 rewrites it as 3"
        )


def scalar(members: Members, name: str) -> Any:
    """Returns the value of a small member, None if it is missing.

    Raises:
        Malformed: it is not JSON.
    """
    found = members.get(name)
    if found is None:
        return None
    try:
        return orjson.loads(memoryview(found))
    except orjson.JSONDecodeError as error:
        raise Malformed(f"the state has a {name} that is not JSON: {error.msg}") from None


def text(members: Members, name: str, where: str) -> str:
    """Returns a member that must be a text and not empty."""
    found = optional_text(members, name, where)
    if found is None:
        raise Malformed(f"{where} has no {name}")
    return found


def optional_text(members: Members, name: str, where: str) -> str | None:
    """Returns a member that must be a text; None if it is missing, null or empty."""
    found = scalar(members, name)
    if found is None or isinstance(found, str):
        return found or None
    raise Malformed(f"{where} has a {name} that is no text")


def serial_of(members: Members) -> int:
    """Returns the state's serial."""
    serial = scalar(members, "serial")
    if not isinstance(serial, int) or isinstance(serial, bool) or serial < 0:
        raise Malformed("the state has no serial that is a whole number")
    return serial


def object_in(holder: Members, name: str, where: str) -> Members:
    """Returns the members of an object; none if it is missing or null."""
    return _typed(_MEMBERS, holder.get(name), {}, f"{where} has {name} that are no object")


def objects_in(holder: Members, name: str, where: str) -> Iterator[Members]:
    """Yields the members of each object in a list; none if the list is missing or null."""
    for entry in _typed(_LIST, holder.get(name), [], f"{where} has {name} that are no list"):
        yield _typed(_MEMBERS, entry, None, f"{where} has {name} of which one is no object")


def members_in(encoded: msgspec.Raw, otherwise: str) -> Members:
    """Returns the members of an encoded object.

    Raises:
        Malformed: it is no object; the message is `otherwise`.
    """
    return _typed(_MEMBERS, encoded, None, otherwise)


def raws_in(holder: Members, name: str, where: str) -> list[msgspec.Raw]:
    """Returns the undecoded entries of a list; none if it is missing or null."""
    return _typed(_LIST, holder.get(name), [], f"{where} has {name} that are no list")


def is_null(encoded: msgspec.Raw | None) -> bool:
    """Whether a member is missing or null."""
    return encoded is None or bytes(memoryview(encoded)[:4]) == b"null"


def _typed(decoder: msgspec.json.Decoder[_T], encoded: msgspec.Raw | None, empty: _T | None, otherwise: str) -> _T:
    if empty is not None and is_null(encoded):
        return empty
    if encoded is None:
        raise Malformed(otherwise)
    try:
        return decoder.decode(encoded)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed(otherwise) from None
