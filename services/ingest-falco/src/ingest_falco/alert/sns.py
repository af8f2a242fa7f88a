"""Verifies the messages that Amazon SNS posts, by the signature and the topic of each.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from ingest_falco.strict_json import InvalidJson, parse

TYPE_HEADER: Final = "x-amz-sns-message-type"
RAW_HEADER: Final = "x-amz-sns-rawdelivery"

NOTIFICATION: Final = "Notification"
CONFIRMATION: Final = "SubscriptionConfirmation"

_SIGNED: Final[Mapping[str, tuple[str, ...]]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES: Final = {"1": SHA1, "2": SHA256}
_TOPIC: Final = re.compile(r"arn:aws[\w-]*:sns:([a-z0-9-]+):\d{12}:[\w.-]{1,256}")
_HOST: Final = r"https://sns\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE: Final = re.compile(_HOST + r"/SimpleNotificationService-[0-9a-f]{32}\.pem")
_SUBSCRIBE: Final = re.compile(_HOST + r"/\?Action=ConfirmSubscription&[\w=&%.:-]{1,2048}")


class Forged(ValueError):  # noqa: N818 - the name is the condition
    """It is no message of Amazon SNS from an allowed topic; the message says why."""


@dataclass(frozen=True, slots=True)
class SnsMessage:
    """A message of an allowed topic, whose signature is still to be checked.

    Attributes:
        text: the published message.
        certificate_url: where SNS has the certificate of the signature.
        subscribe_url: what confirms the subscription; None for a notification.
    """

    topic: str
    text: str
    certificate_url: str
    subscribe_url: str | None
    signature: bytes
    signed: bytes
    version: str

    def check(self, certificate: bytes) -> None:
        """Check the signature against the certificate in PEM.

        Raises:
            Forged: it is not that of the message.
        """
        try:
            key = load_pem_x509_certificate(certificate).public_key()
        except ValueError as error:
            raise Forged(f"the certificate of the signature cannot be read: {error}") from error
        if not isinstance(key, RSAPublicKey):
            raise Forged("the certificate of the signature has no RSA key")
        try:
            key.verify(self.signature, self.signed, PKCS1v15(), _HASHES[self.version]())
        except InvalidSignature as error:
            raise Forged("the signature is not that of the message") from error


def is_signed(headers: Mapping[str, str]) -> bool:
    """Whether a request is one of SNS with a signature; with raw delivery the body is the bare message."""
    return TYPE_HEADER in headers and headers.get(RAW_HEADER) != "true"


def is_topic(text: str) -> bool:
    """Whether a text is the ARN of a topic."""
    return _TOPIC.fullmatch(text) is not None


def read_message(body: bytes, topics: frozenset[str]) -> SnsMessage:
    """The message in a body.

    Raises:
        Forged: it is none of a topic that is allowed, or names a certificate or a confirmation elsewhere.
    """
    try:
        document = parse(body)
    except InvalidJson as error:
        raise Forged(f"the body is not JSON: {error}") from error
    members = (
        {name: value for name, value in document.items() if isinstance(value, str)}
        if isinstance(document, dict)
        else {}
    )
    topic, kind, version = members.get("TopicArn", ""), members.get("Type", ""), members.get("SignatureVersion", "")
    if topic not in topics:
        raise Forged(f"the topic {topic[:300]!r} is not allowed (TFDRIFT_SNS_TOPICS)")
    if kind not in _SIGNED or version not in _HASHES:
        raise Forged("it is neither a notification nor a confirmation with a signature of version 1 or 2")
    missing = [name for name in _SIGNED[kind] if name not in members and name != "Subject"]
    if missing:
        raise Forged(f"it has no {' and no '.join(missing)}")
    url, subscribe = members.get("SigningCertURL", ""), members.get("SubscribeURL") if kind == CONFIRMATION else None
    _check_place(_CERTIFICATE, url, topic, "SigningCertURL")
    if subscribe is not None:
        _check_place(_SUBSCRIBE, subscribe, topic, "SubscribeURL")
    try:
        signature = base64.b64decode(members.get("Signature", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Forged("the signature is no Base64") from error
    signed = "".join(f"{name}\n{members[name]}\n" for name in _SIGNED[kind] if name in members)
    return SnsMessage(topic, members["Message"], url, subscribe, signature, signed.encode(), version)


def _check_place(pattern: re.Pattern[str], url: str, topic: str, name: str) -> None:
    """Refuse an address that is not of SNS in the topic's own region; whoever posts chooses what is fetched."""
    found, region = pattern.fullmatch(url), _TOPIC.fullmatch(topic)
    if found is None or region is None or found["region"] != region[1]:
        raise Forged(f"its {name} is not one of SNS in the topic's region")
