"""The file of bearer tokens."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sse_gateway.access.scope import Grant, Scope
from sse_gateway.access.tokens import find, parse_tokens
from tests.sse_gateway.credentials import sha256

FILE = f"""
- name: wall
  sha256: {sha256("open sesame")}
  subjects: ["tfdrift.drift.>"]
  workspaces: [prod]
  expires: 2030-01-01T01:00:00+01:00
- name: ops
  sha256: {sha256("abracadabra").upper()}
  write: true
"""


def test_each_token_is_known_by_its_hash_and_carries_its_rights() -> None:
    """A missing member restricts nothing, except that writing must be allowed explicitly."""
    tokens = parse_tokens(FILE)
    expires = datetime(2030, 1, 1, tzinfo=UTC)
    assert find(tokens, "open sesame") == Grant(
        "wall", Scope(("tfdrift.drift.>",), frozenset({"prod"})), may_write=False, expires=expires
    )
    assert find(tokens, "abracadabra") == Grant("ops", Scope(), may_write=True, expires=None)


@pytest.mark.parametrize("presented", ["", "open sesam", "OPEN SESAME", sha256("open sesame"), "wall", "\udcff"])
def test_nothing_else_is_a_token(presented: str) -> None:
    """Neither its hash nor its name is accepted."""
    assert find(parse_tokens(FILE), presented) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a list"),
        ("a: b", "not a list"),
        ("- [", "not YAML, at line 1"),
        ("- sha256: 00", "token 1 has no name"),
        ("- name: a", "token 'a' has no sha256"),
        ("- {name: a, sha256: secret}", "token 'a' has no sha256"),
        (f"- {{name: a, sha256: {sha256('x')}, subject: []}}", "unknown member 'subject'"),
        (f"- {{name: a, sha256: {sha256('x')}, subjects: [a.b]}}", "'a.b'"),
        (f"- {{name: a, sha256: {sha256('x')}, write: 1}}", "write"),
        (f"- {{name: a, sha256: {sha256('x')}, expires: 2030-01-01}}", "expires"),
        (f"- {{name: a, sha256: {sha256('x')}, expires: 2030-01-01T00:00:00}}", "offset"),
        (f"- {{name: a, sha256: {sha256('x')}}}\n- {{name: a, sha256: {sha256('y')}}}", "same name"),
        (f"- {{name: a, sha256: {sha256('x')}}}\n- {{name: b, sha256: {sha256('x')}}}", "same sha256"),
    ],
)
def test_an_invalid_file_is_refused_with_its_fault(text: str, reason: str) -> None:
    """A misspelt restriction must not allow everything; the message contains nothing that may be secret."""
    with pytest.raises(ValueError, match=reason) as caught:
        parse_tokens(text)
    assert "secret" not in str(caught.value)
    assert sha256("x") not in str(caught.value)
