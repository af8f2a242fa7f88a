"""Tokens and certificates that change while the gateway runs."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import structlog.testing
from cryptography import x509

from tests.conftest import NatsServer, eventually
from tests.sse_gateway.credentials import OTHER_RSA_KEY, certificate, token_file
from tests.sse_gateway.gateway import STREAM_PATH, Gateway, Stream, change, metric, publish, running, serials

VALID = "tfdrift_gateway_credentials_valid"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_withdrawn_token_loses_its_streams_and_the_others_stay(nats_url: str, tmp_path: Path) -> None:
    """Its stream ends with the reason and it is refused from then on; a new token works without a restart."""
    path = token_file(tmp_path, kept={}, leaked={}, wide={})
    before = metric("tfdrift_gateway_ended_total", reason="token_withdrawn")
    async with (
        running(nats_url, auth_tokens_file=path) as gateway,
        gateway.live(**bearer("kept")) as kept,
        gateway.live(**bearer("leaked")) as leaked,
        gateway.live(**bearer("wide")) as wide,
    ):
        token_file(tmp_path, kept={}, wide={"workspaces": ["prod"]}, added={})
        for ended in (leaked, wide):  # what a token may see is no longer what it was let in with
            (closing,) = await ended.until_end()
            assert (closing.name, closing.json) == ("closing", {"reason": "token_withdrawn"})
        assert (await gateway.get("/api/v1/stats", **bearer("leaked")))[0] == 401
        assert (await gateway.get("/api/v1/stats", **bearer("added")))[0] == 200
        await publish(gateway.bus, [change(1)])
        assert serials([await kept.next()]) == [1]
    await eventually(lambda: metric("tfdrift_gateway_ended_total", reason="token_withdrawn") == before + 2)


async def test_a_token_that_is_withdrawn_while_its_request_waits_gets_no_stream(
    nats_server: NatsServer, tmp_path: Path
) -> None:
    """The token is withdrawn after it was checked and before its stream has started."""
    path = token_file(tmp_path, kept={}, leaked={})
    async with running(nats_server.url, auth_tokens_file=path) as gateway:
        with nats_server.paused():
            headers = bearer("leaked") | {"Last-Event-ID": "garbage"}
            waiting = asyncio.create_task(gateway.session.get(f"{gateway.url}{STREAM_PATH}", headers=headers))
            await eventually(lambda: metric("tfdrift_gateway_clients") == 1)
            token_file(tmp_path, kept={})
            async with asyncio.timeout(4):
                while (await gateway.get("/api/v1/workspaces", **bearer("leaked")))[0] != 401:
                    await asyncio.sleep(0.02)
        async with await waiting as response:
            events = await Stream(response).until_end()
            assert [event.name for event in events] == ["connected", "reset", "closing"]


async def test_an_invalid_file_changes_nothing(nats_url: str, tmp_path: Path) -> None:
    """It is logged once, with the reason and no hash, and the metric is 0 until the file is valid again."""
    path = token_file(tmp_path, kept={})
    async with running(nats_url, auth_tokens_file=path) as gateway, gateway.live(**bearer("kept")) as kept:
        with structlog.testing.capture_logs() as logs:
            path.write_text("- {name: kept, sha256: short}")
            await eventually(lambda: metric(VALID) == 0)
            assert (await gateway.get("/api/v1/stats", **bearer("kept")))[0] == 200
            token_file(tmp_path, kept={}, added={})
            await eventually(lambda: metric(VALID) == 1)
        (refused,) = [line for line in logs if line["event"] == "credentials_refused"]
        assert "token 'kept' has no sha256" in refused["reason"]
        assert (await gateway.get("/api/v1/stats", **bearer("added")))[0] == 200
        await publish(gateway.bus, [change(1)])
        assert serials([await kept.next()]) == [1]


def served_certificate(gateway: Gateway) -> bytes:
    """Returns the certificate of a new connection."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = ("127.0.0.1", gateway.runtime.settings.http_port)
    with socket.create_connection(address) as plain, context.wrap_socket(plain) as secured:
        return secured.getpeercert(binary_form=True) or b""


async def test_a_renewed_certificate_is_shown_to_new_connections(nats_url: str, tmp_path: Path) -> None:
    """Its two files change one after the other; open streams go on."""
    cert, key = certificate(tmp_path)
    async with running(nats_url, http_tls_cert_file=cert, http_tls_key_file=key) as gateway:
        context = ssl.create_default_context(cafile=cert)
        url = gateway.url.replace("http:", "https:")
        async with gateway.session.get(f"{url}{STREAM_PATH}", ssl=context) as response:
            old = await asyncio.to_thread(served_certificate, gateway)
            fresh = tmp_path / "fresh"
            fresh.mkdir()
            for renewed, place in zip(certificate(fresh, OTHER_RSA_KEY), (cert, key), strict=True):
                renewed.rename(place)
                if place is cert:
                    await eventually(lambda: metric(VALID) == 0)  # without its key
                    assert await asyncio.to_thread(served_certificate, gateway) == old
            await eventually(lambda: metric(VALID) == 1)
            new = x509.load_der_x509_certificate(await asyncio.to_thread(served_certificate, gateway))
            assert metric("tfdrift_certificate_expiry_timestamp_seconds") == new.not_valid_after_utc.timestamp()
            assert new.public_key() == OTHER_RSA_KEY.public_key()
            await publish(gateway.bus, [change(1)])
            assert await response.content.readuntil(b"event: state_change")
