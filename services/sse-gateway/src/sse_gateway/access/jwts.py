"""Verifies JSON Web Tokens (RFC 7519): whether one is genuine and meant for us, and what its claims allow.

The key alone decides the algorithm, never the token, so a public key is never used as a shared secret (RFC 8725
section 3.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sse_gateway.access.scope import Grant, parse_scope
from sse_gateway.errors import BadToken, ScopeError

SUBJECTS_CLAIM: Final = "tfdrift_subjects"
WORKSPACES_CLAIM: Final = "tfdrift_workspaces"
WRITE_CLAIM: Final = "tfdrift_write"

# An issuer's clock may be ahead of ours by this much.
CLOCK_SKEW_SECONDS: Final = 10
# RFC 7518 section 3.2: a key of the size of the hash output, or larger.
MIN_SECRET_BYTES: Final = 32
_MIN_RSA_BITS: Final = 2048
_MAX_NAME: Final = 256


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the one algorithm it is used with: HS256, RS256 or ES256."""

    material: Any
    algorithm: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What a token's claims must say. None is not checked, but a token for another audience is never accepted."""

    audience: str | None = None
    issuer: str | None = None


def secret_key(secret: str) -> Key:
    """Returns the key of HS256.

    Raises:
        ValueError: the secret is too short.
    """
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"it is shorter than {MIN_SECRET_BYTES} bytes; `openssl rand -hex 32` makes a good one")
    return Key(secret, "HS256")


def public_key(pem: bytes) -> Key:
    """Returns the key of RS256 or ES256 from PEM.

    Raises:
        ValueError: there is no such key in it.
    """
    try:
        return key_of(load_pem_public_key(pem))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"it contains no public key of RS256 or ES256 in PEM: {error}") from error


def key_of(material: object) -> Key:
    """Returns a public key with its algorithm.

    Raises:
        ValueError: it is of another kind.
    """
    if isinstance(material, RSAPublicKey) and material.key_size >= _MIN_RSA_BITS:
        return Key(material, "RS256")
    if isinstance(material, EllipticCurvePublicKey) and isinstance(material.curve, SECP256R1):
        return Key(material, "ES256")
    raise ValueError(f"neither RSA of {_MIN_RSA_BITS} bits or more, nor EC of the curve P-256")


def key_set(members: Mapping[str, Any]) -> dict[str | None, Key]:
    """Returns the usable signature keys of a JWK set (RFC 7517 section 5) by their id; other keys are skipped.

    Raises:
        ValueError: there is no usable key.
    """
    keys: dict[str | None, Key] = {}
    for member in members.get("keys") or ():
        if not isinstance(member, dict) or member.get("use", "sig") != "sig":
            continue
        try:
            key = key_of(jwt.PyJWK(member).key)
        except (jwt.PyJWTError, ValueError):
            continue
        if member.get("alg", key.algorithm) == key.algorithm:
            keys[member.get("kid")] = key
    if not keys:
        raise ValueError("it has no key of RS256 or ES256")
    return keys


def key_id(token: str) -> str | None:
    """Returns the id of the key that a token names as its signer.

    Raises:
        BadToken: it is not a JWT.
    """
    if not token.isascii():
        raise BadToken("it contains characters that no token has")
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except jwt.PyJWTError:
        raise BadToken("it is neither a token of the file nor a JWT") from None
    return kid if isinstance(kid, str) else None


def verify(token: str, key: Key, rules: Rules) -> Grant:
    """Returns what a token allows.

    Raises:
        BadToken: it is forged, expired, not yet valid, not meant for us, or its claims cannot be read.
    """
    try:
        claims = jwt.decode(
            token,
            key.material,
            algorithms=[key.algorithm],
            audience=rules.audience,
            issuer=rules.issuer,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": ["exp"]},
        )
    except jwt.PyJWTError as error:
        raise BadToken(_reason(error)) from None
    try:
        scope = parse_scope(claims.get(SUBJECTS_CLAIM), claims.get(WORKSPACES_CLAIM))
        expires = datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (ScopeError, ValueError, OverflowError, OSError) as error:
        raise BadToken(f"a claim cannot be read: {error}") from None
    return Grant(_name(token, claims), scope, may_write=claims.get(WRITE_CLAIM) is True, expires=expires)


def _name(token: str, claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if isinstance(subject, str) and subject:
        return subject[:_MAX_NAME]
    return f"jwt-{hashlib.sha256(token.encode()).hexdigest()[:16]}"


def _reason(error: jwt.PyJWTError) -> str:
    reasons = {
        jwt.ExpiredSignatureError: "it has expired",
        jwt.ImmatureSignatureError: "it is not valid yet",
        jwt.InvalidAudienceError: "it is for another audience",
        jwt.InvalidIssuerError: "it is from another issuer",
        jwt.MissingRequiredClaimError: f"it lacks a claim: {error}",
        jwt.InvalidSignatureError: "its signature is invalid",
        jwt.InvalidAlgorithmError: "its algorithm is not that of the key",
    }
    return reasons.get(type(error), "it is malformed")
