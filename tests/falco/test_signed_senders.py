"""SNS and Pub/Sub sign what they post: their signatures are checked with real keys."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ingest_falco.app import run
from ingest_falco.webhook.senders import Forged, Notifications, PushTokens, Unreachable
from tests.ingest_falco.service import running

TOPIC = "arn:aws:sns:eu-central-1:123456789012:cloudtrail"
CERTIFICATE_URL = f"https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-{'0a' * 16}.pem"
SUBSCRIBE_URL = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=t"
ACCOUNT = "push@shop.iam.gserviceaccount.com"
AUDIENCE = "https://tfdrift.example.com/gcp"


@lru_cache
def key(number: int) -> RSAPrivateKey:
    """A private key, the same for the same number."""
    return generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache
def certificate() -> bytes:
    """The certificate of the first key, in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key(0).public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return builder.sign(key(0), SHA256()).public_bytes(Encoding.PEM)


def message(version: str = "2", signer: int = 0, **changes: str) -> dict[str, str]:
    """A message as SNS posts it, signed by a key of this number."""
    members = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": '{"detail-type":"AWS API Call via CloudTrail"}',
        "Timestamp": "2026-01-15T10:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        **changes,
    }
    names = ["Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{members[name]}\n" for name in names if name in members)
    hashed = SHA1() if version == "1" else SHA256()
    signature = key(signer).sign(text.encode(), PKCS1v15(), hashed)
    return {**members, "Signature": base64.b64encode(signature).decode()}


class Fetched:
    """Answers with the certificate, and remembers what was asked for."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    async def __call__(self, url: str) -> bytes:
        self.urls.append(url)
        return certificate()


def notifications(fetched: Fetched) -> Notifications:
    return Notifications(frozenset({TOPIC}), structlog.get_logger(), fetched)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("changes", [{}, {"Subject": "A subject"}], ids=["without a subject", "with one"])
async def test_a_signed_notification_is_taken(version: str, changes: dict[str, str]) -> None:
    """The certificate is fetched once."""
    fetched = Fetched()
    senders = notifications(fetched)
    for _ in range(2):
        text = await senders.text(json.dumps(message(version, **changes)).encode())
        assert text == b'{"detail-type":"AWS API Call via CloudTrail"}'
    assert fetched.urls == [CERTIFICATE_URL]


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({**message(), "Message": "{}"}, "not that of the message"),
        (message(signer=1), "not that of the message"),
        ({**message(), "SignatureVersion": "1"}, "not that of the message"),
        ({**message(), "Signature": "!"}, "no Base64"),
        (message("3"), "version 1 or 2"),
        (message(TopicArn=TOPIC + "-2"), "not allowed"),
        (message(SigningCertURL="https://example.com/SimpleNotificationService-0a.pem"), "SigningCertURL"),
        (message(SigningCertURL=CERTIFICATE_URL.replace("https", "http")), "SigningCertURL"),
        (message(SigningCertURL=CERTIFICATE_URL.replace(".com/", ".com.evil.net/")), "SigningCertURL"),
        (message(SigningCertURL=CERTIFICATE_URL.replace("eu-central-1", "us-east-1")), "SigningCertURL"),
        (message(Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://example.com/"), "SubscribeURL"),
        ([1], "not allowed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_forged_message_is_refused(sent: Any, reason: str) -> None:
    """And nothing is fetched from where the sender says."""
    fetched = Fetched()
    with pytest.raises(Forged, match=reason):
        await notifications(fetched).text(json.dumps(sent).encode())
    assert set(fetched.urls) <= {CERTIFICATE_URL}


async def test_a_subscription_of_an_allowed_topic_is_confirmed() -> None:
    """Once its signature is checked, its address is fetched."""
    fetched = Fetched()
    sent = message(Type="SubscriptionConfirmation", Token="t", SubscribeURL=SUBSCRIBE_URL)
    assert await notifications(fetched).text(json.dumps(sent).encode()) is None
    assert fetched.urls == [CERTIFICATE_URL, SUBSCRIBE_URL]


@pytest.fixture(scope="module")
def keys_url() -> Iterator[str]:
    """A server of the first key as a JSON Web Key Set."""
    jwk = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key(0).public_key())), "kid": "k", "use": "sig"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"keys": [jwk]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/certs"
    server.shutdown()
    server.server_close()


def token(signer: int = 0, **changes: Any) -> str:
    """A token as Google gives it to Pub/Sub."""
    now = datetime.now(UTC)
    claims = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "email": ACCOUNT,
        "email_verified": True,
        "iat": now,
        "exp": now + timedelta(hours=1),
        **changes,
    }
    return jwt.encode(claims, key(signer), algorithm="RS256", headers={"kid": "k"})


@pytest.mark.parametrize(
    ("shown", "accepted"),
    [
        (token(), True),
        (token(1), False),
        (token(aud="https://other.example.com"), False),
        (token(iss="https://example.com"), False),
        (token(email="other@shop.iam.gserviceaccount.com"), False),
        (token(email_verified=False), False),
        (token(exp=datetime.now(UTC) - timedelta(hours=1)), False),
        ("no.token", False),
    ],
    ids=["right", "key", "audience", "issuer", "account", "unverified", "expired", "no token"],
)
async def test_a_push_token_is_googles_for_us_and_of_the_account(keys_url: str, shown: str, accepted: bool) -> None:
    """Each claim counts."""
    assert await PushTokens(AUDIENCE, ACCOUNT, keys_url).accepts(shown) is accepted


async def test_without_googles_keys_the_sender_tries_again() -> None:
    """A token that cannot be checked is neither accepted nor refused for good."""
    with pytest.raises(Unreachable):
        await PushTokens(AUDIENCE, ACCOUNT, "http://127.0.0.1:9/certs").accepts(token())


async def test_signed_senders_are_taken_by_the_running_service(nats_url: str, tmp_path: Path, keys_url: str) -> None:
    """A record by SNS, a log entry by Pub/Sub, both on the ledger; another signer's are not, and nor is none."""
    fetched = Fetched()
    record = {
        "eventID": "e1",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "StopInstances",
        "eventTime": "2026-01-15T10:00:00Z",
        "awsRegion": "eu-central-1",
        "recipientAccountId": "123456789012",
        "userIdentity": {"type": "IAMUser", "userName": "jane"},
        "requestParameters": {"instancesSet": {"items": [{"instanceId": "i-1"}]}},
    }
    sent = message(Message=json.dumps({"detail-type": "AWS API Call via CloudTrail", "detail": record}))
    entry = {
        "insertId": "g1",
        "timestamp": "2026-01-15T10:00:00Z",
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "methodName": "v1.compute.firewalls.patch",
            "serviceName": "compute.googleapis.com",
            "resourceName": "projects/shop/global/firewalls/ssh",
            "authenticationInfo": {"principalEmail": "jane@example.com"},
        },
    }
    pushed = {"message": {"data": base64.b64encode(json.dumps(entry).encode()).decode(), "messageId": "1"}}
    push = json.dumps(pushed).encode()
    settings = {"sns_topics": TOPIC, "pubsub_audience": AUDIENCE, "pubsub_service_account": ACCOUNT}
    header = {"x-amz-sns-message-type": "Notification"}
    serve = partial(run, get=fetched, keys_url=keys_url)
    async with running(nats_url, tmp_path, serve=serve, **settings) as service:
        forged = {**sent, "Signature": message(signer=1)["Signature"]}
        assert (await service.post(json.dumps(forged).encode(), "/cloudtrail", header))[0] == 403
        assert (await service.post(push, "/gcp", {"Authorization": f"Bearer {token(1)}"}))[0] == 401
        assert (await service.post(push, "/gcp"))[0] == 401
        assert await service.ledger() == []
        assert (await service.post(json.dumps(sent).encode(), "/cloudtrail", header))[0] == 200
        assert (await service.post(push, "/gcp", {"Authorization": f"Bearer {token()}"}))[0] in (200, 204)
        events = [json.loads(stored.data) for stored in await service.ledger()]
        confirmation = message(Type="SubscriptionConfirmation", Token="t", SubscribeURL=SUBSCRIBE_URL)
        header = {"x-amz-sns-message-type": "SubscriptionConfirmation"}
        assert (await service.post(json.dumps(confirmation).encode(), "/cloudtrail", header))[0] == 200
    assert [(event["event_id"], event["event_name"]) for event in events] == [
        ("e1", "StopInstances"),
        ("g1", "v1.compute.firewalls.patch"),
    ]
    assert set(fetched.urls) == {CERTIFICATE_URL, SUBSCRIBE_URL}


async def test_an_unsigned_sender_is_refused_by_the_service(nats_url: str, tmp_path: Path) -> None:
    """A topic that nobody allowed, and a push without a token although the port is open to others."""
    settings = {"pubsub_audience": AUDIENCE, "pubsub_service_account": ACCOUNT}
    async with running(nats_url, tmp_path, connected=False, **settings) as service:
        header = {"x-amz-sns-message-type": "Notification"}
        status, text = await service.post(json.dumps(message()).encode(), "/cloudtrail", header)
        assert (status, "TFDRIFT_SNS_TOPICS" in text) == (403, True)
        assert (await service.post(b"{}", "/gcp"))[0] == 401
