"""Bearer tokens from a file: names, hashes, and what each may see and do.

A token is a long random text, for example from ``openssl rand -hex 32``. The file contains only its SHA-256 in hex, so
a reader of the file cannot use it. (A slow hash would protect a text that can be guessed. Such a text cannot be refused
here, because only its hash is known.) ::

    - name: wall-screen
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      subjects: ["tfdrift.drift.>"]       # may see only these; without it: everything
      workspaces: ["prod"]                # only about these; without it: all
      write: true                         # may dismiss drifts; without it: may not
      expires: 2026-12-31T00:00:00Z       # without it: never
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import yaml

from sse_gateway.access.scope import Grant, parse_scope
from sse_gateway.errors import ScopeError
from tfdrift.envelope import parse_rfc3339

_MEMBERS: Final = frozenset({"name", "sha256", "subjects", "workspaces", "write", "expires"})
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Token:
    """One entry of the file: the SHA-256 of a token, and what its bearer may do."""

    sha256: bytes
    grant: Grant


def parse_tokens(text: str) -> tuple[Token, ...]:
    """Returns the tokens of a file.

    Raises:
        ValueError: the file is invalid; the message names the token and the fault, and contains no hash.
    """
    try:
        entries = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ValueError(f"it is not YAML{f', at line {mark.line + 1}' if mark else ''}") from None
    if not isinstance(entries, list) or not entries:
        raise ValueError("it is not a list of tokens, each with a name and a sha256")
    tokens = [_token(index, entry) for index, entry in enumerate(entries, 1)]
    for what, seen in (("name", [t.grant.name for t in tokens]), ("sha256", [t.sha256 for t in tokens])):
        if len(set(seen)) < len(seen):
            raise ValueError(f"two tokens have the same {what}")
    return tuple(tokens)


def find(tokens: Sequence[Token], presented: str) -> Grant | None:
    """Returns whose token it is. Every token is compared, in constant time."""
    digest, found = hashlib.sha256(presented.encode(errors="surrogateescape")).digest(), None
    for token in tokens:
        if hmac.compare_digest(token.sha256, digest):
            found = token.grant
    return found


def _token(number: int, entry: Any) -> Token:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
        raise ValueError(f"token {number} has no name")
    name = entry["name"]
    unknown = sorted(str(member) for member in entry.keys() - _MEMBERS)
    if unknown:
        known = ", ".join(sorted(_MEMBERS))
        raise ValueError(f"token {name!r} has the unknown member {unknown[0]!r}; known are {known}")
    sha256 = entry.get("sha256")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256.lower()):
        raise ValueError(f"token {name!r} has no sha256 of 64 hex digits; quote it if it is all digits")
    write = entry.get("write", False)
    if not isinstance(write, bool):
        raise ValueError(f"token {name!r}: write is neither true nor false")
    try:
        scope = parse_scope(entry.get("subjects"), entry.get("workspaces"))
        grant = Grant(name, scope, may_write=write, expires=_expires(entry.get("expires")))
    except (ScopeError, ValueError) as error:
        raise ValueError(f"token {name!r}: {error}") from error
    return Token(bytes.fromhex(sha256), grant)


def _expires(value: object) -> datetime | None:
    """YAML parses times by itself. A time without an offset is refused, because its zone would be a guess."""
    if value is None:
        return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, str):
        return parse_rfc3339(value)
    raise ValueError("expires is not a time with an offset such as 2026-12-31T00:00:00Z")
