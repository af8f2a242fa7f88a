"""Which JSON Web Tokens are taken, and what they allow."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from sse_gateway.access.jwts import Rules, key_id, key_set, public_key, secret_key, verify
from sse_gateway.access.scope import EVERYTHING, Scope
from sse_gateway.errors import BadToken
from tests.sse_gateway.credentials import AUDIENCE, EC_KEY, OTHER_RSA_KEY, RSA_KEY, SECRET, jwk, pem, signed

KEY = secret_key(SECRET)
RULES = Rules()
# The year 2100: a time that is taken when tests are collected may have passed when they run.
FAR_OFF = 4102444800


def test_the_claims_say_who_it_is_and_what_it_may() -> None:
    """Its expiry included."""
    exp = int(datetime.now(UTC).timestamp()) + 60
    token = signed(exp=exp, tfdrift_subjects=["tfdrift.drift.>"], tfdrift_workspaces=["prod"], tfdrift_write=True)
    grant = verify(token, KEY, RULES)
    assert (grant.name, grant.may_write) == ("jane", True)
    assert grant.scope == Scope(("tfdrift.drift.>",), frozenset({"prod"}))
    assert grant.expires == datetime.fromtimestamp(exp, UTC)


def test_without_claims_of_ours_everything_may_be_read_and_nothing_written() -> None:
    """Tokens without a subject get different names too."""
    grants = [verify(signed(sub=None, jti=name), KEY, RULES) for name in ("a", "b")]
    assert [(grant.scope, grant.may_write) for grant in grants] == [(EVERYTHING, False)] * 2
    assert grants[0].name != grants[1].name


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"seconds": -60}, "expired"),
        ({"exp": None}, "lacks a claim"),
        ({"nbf": FAR_OFF}, "not valid yet"),
        ({"key": SECRET[::-1]}, "signature"),
        ({"aud": "others"}, "audience"),
        ({"tfdrift_subjects": "tfdrift.>"}, "claim"),
        ({"tfdrift_subjects": ["secrets.>"]}, "claim"),
        ({"tfdrift_workspaces": {"prod": 1}}, "claim"),
    ],
)
def test_a_token_that_is_not_good_is_refused_with_the_reason(claims: dict[str, Any], reason: str) -> None:
    """An unreadable restriction refuses the token, because it should restrict."""
    with pytest.raises(BadToken, match=reason):
        verify(signed(**claims), KEY, RULES)


@pytest.mark.parametrize("write", ["true", 1, "yes", ["x"]])
def test_only_true_may_write(write: object) -> None:
    """Other truthy values do not count."""
    assert not verify(signed(tfdrift_write=write), KEY, RULES).may_write


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({}, "lacks a claim"),
        ({"aud": "others", "iss": "https://issuer.example.org"}, "audience"),
        ({"aud": AUDIENCE}, "claim"),
        ({"aud": AUDIENCE, "iss": "x"}, "issuer"),
    ],
)
def test_audience_and_issuer_must_be_ours_where_they_are_set(claims: dict[str, Any], reason: str) -> None:
    """An issuer signs tokens for many services."""
    rules = Rules(AUDIENCE, "https://issuer.example.org")
    with pytest.raises(BadToken, match=reason):
        verify(signed(**claims), KEY, rules)
    assert verify(signed(aud=["others", AUDIENCE], iss=rules.issuer), KEY, rules).name == "jane"


def test_rs256_and_es256_are_checked_with_the_public_key() -> None:
    """And with no other key."""
    for key, algorithm in ((RSA_KEY, "RS256"), (EC_KEY, "ES256")):
        assert verify(signed(key, algorithm), public_key(pem(key)), RULES).name == "jane"
    with pytest.raises(BadToken, match="signature"):
        verify(signed(OTHER_RSA_KEY, "RS256"), public_key(pem(RSA_KEY)), RULES)


def _encoded(members: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")


def test_the_token_does_not_choose_its_algorithm() -> None:
    """Neither `none`, nor a public key as the secret of HS256, nor a larger hash (RFC 8725 section 2.1)."""
    body = _encoded({"sub": "jane", "exp": 4102444800})
    unsigned = f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{body}."
    with pytest.raises(BadToken):
        verify(unsigned, KEY, RULES)
    confused = jwt.encode({"sub": "jane", "exp": 4102444800}, "x" * 32, "HS256")
    with pytest.raises(BadToken, match="algorithm"):
        verify(confused, public_key(pem(RSA_KEY)), RULES)
    with pytest.raises(BadToken, match="algorithm"):
        verify(signed(RSA_KEY, "RS512"), public_key(pem(RSA_KEY)), RULES)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "ä.b.c", "\udcff", "." * 5000])
def test_what_is_no_jwt_is_refused(token: str) -> None:
    """Whatever its content."""
    with pytest.raises(BadToken):
        key_id(token)


def test_weak_keys_are_not_taken() -> None:
    """A secret below 256 bits, an RSA key below 2048, a curve that is not of ES256."""
    with pytest.raises(ValueError, match="32 bytes"):
        secret_key("short")
    for weak in (rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(ValueError, match="P-256"):
            public_key(pem(weak))
    with pytest.raises(ValueError, match="public key"):
        public_key(b"nonsense")


def test_a_key_set_has_the_usable_signature_keys() -> None:
    """A shared secret in a public set is not secret, and is skipped."""
    oct_key = {"kty": "oct", "kid": "o", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}
    members = [
        jwk(RSA_KEY, "r"),
        jwk(EC_KEY, "e"),
        oct_key,
        {**jwk(OTHER_RSA_KEY, "enc"), "use": "enc"},
        {**jwk(OTHER_RSA_KEY, "ps"), "alg": "PS256"},
        {"kty": "RSA", "kid": "broken"},
        "nonsense",
    ]
    keys = key_set({"keys": members})
    assert {kid: key.algorithm for kid, key in keys.items()} == {"r": "RS256", "e": "ES256"}
    for nothing in ({}, {"keys": []}, {"keys": [oct_key]}):
        with pytest.raises(ValueError, match="no key"):
            key_set(nothing)
