"""Decides whether a sender may post: by its network, a token, a signature or a client certificate.

Falco's ``http_output`` can show Basic credentials from its URL (``http://user:TOKEN@host``) and a client certificate,
falcosidekick headers of any kind, GitHub-like senders a signature. Where several are configured, any one is enough.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Network = IPv4Network | IPv6Network

SIGNATURE_HEADERS: Final = ("X-Signature-256", "X-Hub-Signature-256")
_SIGNATURE_PREFIX: Final = "sha256="


class Refusal(StrEnum):
    """Why a sender is refused; a label of a metric."""

    NETWORK = "network"
    MISSING = "missing"
    TOKEN = "token"  # noqa: S105 - a reason, no password
    SIGNATURE = "signature"
    SNS = "sns"


@dataclass(frozen=True, slots=True)
class Policy:
    """What senders must show.

    Attributes:
        token: as Bearer, or as the password of any user.
        signing_key: of an HMAC-SHA256 of the body, in hexadecimal after ``sha256=`` in one of `SIGNATURE_HEADERS`.
        certificates: whether a client certificate, which the TLS layer has verified, is enough.
        networks: where senders must be; empty allows every address.
    """

    token: bytes | None = None
    signing_key: bytes | None = None
    certificates: bool = False
    networks: tuple[Network, ...] = ()

    @property
    def open(self) -> bool:
        """Whether everybody in the networks may post."""
        return self.token is None and self.signing_key is None and not self.certificates


@dataclass(frozen=True, slots=True)
class Sender:
    """What is known of a sender before its body is read; `headers` finds names in any case."""

    address: str
    headers: Mapping[str, str]
    has_certificate: bool = False


def refusal(policy: Policy, sender: Sender) -> Refusal | None:
    """Why a sender is refused by what its request's head shows; None where it may go on.

    A sender with a signature goes on to `signature_refusal`, which needs the body.
    """
    if policy.networks and not _is_within(sender.address, policy.networks):
        return Refusal.NETWORK
    if policy.open or (policy.certificates and sender.has_certificate):
        return None
    shown = _shown_token(sender.headers.get("Authorization", ""))
    if policy.token is not None and shown is not None:
        return None if hmac.compare_digest(shown, policy.token) else Refusal.TOKEN
    if policy.signing_key is not None and _signature(sender.headers) is not None:
        return None
    return Refusal.MISSING


def signature_refusal(policy: Policy, sender: Sender, body: bytes) -> Refusal | None:
    """Why the signature of a body is refused; None where it is right, or where something else has let the sender in."""
    signature = _signature(sender.headers)
    if policy.signing_key is None or signature is None:
        return None
    expected = hmac.new(policy.signing_key, body, hashlib.sha256).hexdigest()
    if hmac.compare_digest(signature.encode("utf-8", "surrogateescape"), expected.encode()):
        return None
    return Refusal.SIGNATURE


def bearer(authorization: str) -> str | None:
    """The token of an ``Authorization: Bearer`` header (RFC 6750); None for any other."""
    scheme, _, value = authorization.partition(" ")
    return value.strip() if scheme.lower() == "bearer" and value.strip() else None


def _signature(headers: Mapping[str, str]) -> str | None:
    found = (headers.get(name, "") for name in SIGNATURE_HEADERS)
    return next((value[len(_SIGNATURE_PREFIX) :].lower() for value in found if value.startswith("sha256=")), None)


def _shown_token(authorization: str) -> bytes | None:
    """The token of an ``Authorization`` header: RFC 6750's Bearer, or the password of RFC 7617's Basic."""
    scheme, _, value = authorization.partition(" ")
    shown = value.strip().encode("utf-8", "surrogateescape")
    match scheme.lower():
        case "bearer":
            return shown
        case "basic":
            try:
                return b64decode(shown, validate=True).partition(b":")[2]
            except (binascii.Error, ValueError):
                return b""
    return None


def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)
