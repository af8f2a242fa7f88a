"""Who may post: tokens, signatures, networks, pages of other origins, and client certificates over real TLS."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ssl
import subprocess
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from multidict import CIMultiDict
from prometheus_client import REGISTRY

from ingest_falco.conditions import Condition
from ingest_falco.webhook.authentication import Policy, Refusal, Sender, refusal, signature_refusal
from tests.conftest import DEADLINE_SECONDS
from tests.ingest_falco.samples import body, host_alert
from tests.ingest_falco.service import running

TOKEN = Policy(token=b"s3cret")
SIGNED = Policy(signing_key=b"key")


def sender(address: str = "127.0.0.1", certificate: bool = False, **headers: str) -> Sender:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Sender(address, CIMultiDict({"Host": "tfdrift:2801", **named}), certificate)


def basic(password: str, user: str = "falco") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ("Bearer s3cret", None),
        ("bearer  s3cret ", None),
        (basic("s3cret"), None),
        (basic("s3cret", "anybody"), None),
        (basic("s3cret", ""), None),
        ("Bearer s3cre", Refusal.TOKEN),
        ("Bearer", Refusal.TOKEN),
        (basic("wrong"), Refusal.TOKEN),
        ("Basic s3cret", Refusal.TOKEN),
        ("Basic !!!", Refusal.TOKEN),
        ("Basic " + base64.b64encode(b"s3cret").decode(), Refusal.TOKEN),
        ("Digest s3cret", Refusal.MISSING),
        ("s3cret", Refusal.MISSING),
        ("", Refusal.MISSING),
    ],
)
def test_a_token_is_a_bearer_or_a_password(authorization: str, reason: Refusal | None) -> None:
    """RFC 6750, and RFC 7617 with any user."""
    assert refusal(TOKEN, sender(Authorization=authorization)) is reason


def test_everybody_may_post_where_nothing_is_set() -> None:
    """As on a laptop."""
    assert refusal(Policy(), sender()) is None


@pytest.mark.parametrize("header", ["X-Signature-256", "X-Hub-Signature-256", "x-signature-256"])
def test_a_signature_is_that_of_the_body(header: str) -> None:
    """HMAC-SHA256 in hexadecimal, in either case."""
    digest = hmac.new(b"key", b"body", hashlib.sha256).hexdigest()
    for shown in (digest, digest.upper()):
        signed = Sender("127.0.0.1", CIMultiDict({header: f"sha256={shown}"}))
        assert refusal(SIGNED, signed) is None
        assert signature_refusal(SIGNED, signed, b"body") is None
        assert signature_refusal(SIGNED, signed, b"body2") is Refusal.SIGNATURE
    assert refusal(SIGNED, Sender("127.0.0.1", CIMultiDict({header: digest}))) is Refusal.MISSING


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("10.1.2.3", None),
        ("::ffff:10.1.2.3", None),
        ("192.0.2.1", None),
        ("192.0.2.2", Refusal.NETWORK),
        ("fe80::1%eth0", None),
        ("", Refusal.NETWORK),
    ],
)
def test_only_allowed_networks_may_post(address: str, reason: Refusal | None) -> None:
    """IPv4 in IPv6 is IPv4."""
    networks = tuple(ip_network(text) for text in ("10.0.0.0/8", "192.0.2.1", "fe80::/10"))
    assert refusal(Policy(networks=networks), sender(address)) is reason


def test_a_certificate_or_a_token_is_enough() -> None:
    """Falco shows certificates, other senders tokens, at the same port."""
    both = Policy(token=b"s3cret", certificates=True)
    assert refusal(both, sender(certificate=True)) is None
    assert refusal(both, sender(Authorization="Bearer s3cret")) is None
    assert refusal(both, sender()) is Refusal.MISSING
    assert refusal(TOKEN, sender(certificate=True)) is Refusal.MISSING


async def test_refused_senders_are_counted_and_shown(nats_url: str, tmp_path: Path) -> None:
    """By reason; the answer says what to show, and probes need nothing."""
    labels = {"reason": "signature"}
    before = REGISTRY.get_sample_value("tfdrift_falco_refused_senders_total", labels) or 0
    async with running(nats_url, tmp_path, webhook_token="s3cret", webhook_signing_key="key") as service:
        status, text = await service.post(body(host_alert()))
        assert (status, "Bearer" in text, "X-Signature-256" in text) == (401, True, True)
        cross_site = {"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer s3cret"}
        for path in ("/", "/test"):
            assert (await service.post(body(host_alert()), path, cross_site))[0] == 403
        assert "127.0.0.1" in service.runtime.readiness.details[Condition.SENDER_REFUSED]
        signature = hmac.new(b"key", body(host_alert()), hashlib.sha256).hexdigest()
        signed = {"X-Signature-256": f"sha256={signature}"}
        assert (await service.post(body(host_alert(rule="other")), "/", signed))[0] == 401
        assert await service.post(body(host_alert()), "/", signed) == (200, "")
        assert await service.post(body(host_alert(rule="basic")), "/", {"Authorization": basic("s3cret")}) == (200, "")
        assert len(await service.ledger()) == 2
    assert REGISTRY.get_sample_value("tfdrift_falco_refused_senders_total", labels) == before + 1


def make_certificates(folder: Path, name: str, ca: str = "ca") -> None:
    """A CA, unless it is there, and a certificate of it for 127.0.0.1."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", "req", "-x509", *key, *arguments], cwd=folder, check=True, capture_output=True)

    if not (folder / f"{ca}.pem").exists():
        openssl("-keyout", f"{ca}.key", "-out", f"{ca}.pem", "-subj", f"/CN={ca}")
    issued = ["-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-addext", "subjectAltName=IP:127.0.0.1"]
    leaf = ["-addext", "basicConstraints=critical,CA:FALSE"]
    openssl("-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}", *issued, *leaf)


def client_context(folder: Path, name: str | None, ca: str = "ca") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / f"{ca}.pem"))
    if name is not None:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


async def posted(url: str, context: ssl.SSLContext, rule: str) -> int | None:
    """The status of a post over a connection of its own; None where TLS refuses it."""
    try:
        async with (
            aiohttp.ClientSession() as client,
            client.post(url, data=body(host_alert(rule=rule)), ssl=context) as answer,
        ):
            return answer.status
    except (aiohttp.ClientConnectionError, ssl.SSLError):
        return None


async def test_mutual_tls_lets_certificates_of_the_ca_in(nats_url: str, tmp_path: Path) -> None:
    """One of another CA and none at all are refused, and the files are read again when they change."""
    for name, ca in (("server", "ca"), ("falco", "ca"), ("stranger", "other"), ("server2", "ca")):
        make_certificates(tmp_path, name, ca)
    files = {
        "http_tls_cert_file": str(tmp_path / "server.pem"),
        "http_tls_key_file": str(tmp_path / "server.key"),
        "http_tls_client_ca_file": str(tmp_path / "trusted.pem"),
    }
    (tmp_path / "trusted.pem").write_bytes((tmp_path / "ca.pem").read_bytes())
    falco, stranger = client_context(tmp_path, "falco"), client_context(tmp_path, "stranger")
    async with running(nats_url, tmp_path / "spool", **files) as service:
        url = service.url.replace("http://", "https://") + "/"
        assert await posted(url, falco, "falco") == 200
        assert await posted(url, client_context(tmp_path, None), "nobody") == 401
        assert await posted(url, stranger, "stranger") is None
        (tmp_path / "trusted.pem").write_bytes((tmp_path / "other.pem").read_bytes())
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await posted(url, stranger, "stranger") != 200:
                await asyncio.sleep(0.1)
        assert await posted(url, falco, "falco") is None
