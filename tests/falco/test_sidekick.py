"""The stand-in for falcosidekick against the real program, where that is installed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.conftest import DEADLINE_SECONDS, eventually_async, free_port
from tests.falco.sidekick import forwarded
from tests.falco.test_shortened import large
from tests.ingest_falco.samples import cloud_alert, cloud_fields, host_alert
from tests.ingest_falco.service import running
from tfdrift.envelope import parse_headers

TEXTS = [
    "x" * 600,
    "ä" * 400,
    "x" + "ä" * 400,
    "€" * 400,
    "x" + "€" * 300,
    "😀" * 200,
    "xx😀" * 99,
    "\x00<&>\u2028" * 200,
]
ALERTS: list[dict[str, Any]] = [
    cloud_alert(),
    large(),
    host_alert(),
    cloud_alert(cloud_fields(request=None)),
    host_alert(source="gcp_auditlog", output_fields={"json.value[/insertId]": "a1", "json.obj": "{" + "x" * 5000}),
    host_alert(output_fields={"evt.time": 1700000000123456789, "a": 1.5, "b": True}),
    *(host_alert(output_fields={"proc.cmdline": text, "padding": "x" * 4096}) for text in TEXTS),
    *(host_alert(output_fields={"p": "x" * size}) for size in range(3700, 4000, 10)),  # where an alert has 4,096 bytes
]


@contextmanager
def sidekick(posts_to: str, **variables: str) -> Iterator[str]:
    """The real program, with its webhook output; yields its URL."""
    program = shutil.which("falcosidekick")
    if program is None:
        pytest.skip("falcosidekick is not installed")
    port = free_port()
    environment = os.environ | {"LISTENADDRESS": "127.0.0.1", "LISTENPORT": str(port), "WEBHOOK_ADDRESS": posts_to}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([program], env=environment | variables, stdout=quiet, stderr=quiet)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)


async def posted(client: aiohttp.ClientSession, url: str, alert: dict[str, Any]) -> None:
    """Post an alert as Falco does, once the program answers."""

    async def answers() -> bool:
        try:
            async with client.get(f"{url}/ping") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    await eventually_async(answers)
    async with client.post(f"{url}/", json=alert) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("replacer", ["", "_"], ids=["as it is", "with a bracketreplacer"])
async def test_the_stand_in_sends_what_the_real_one_sends(replacer: str) -> None:
    """Every member of every alert, but the uuid, which is chosen at random."""
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def record(request: web.Request) -> web.Response:
        received.put_nowait(json.loads(await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", record)
    variables = {"BRACKETREPLACER": replacer} if replacer else {}
    async with TestServer(app) as server, aiohttp.ClientSession() as client:
        with sidekick(str(server.make_url("/")), **variables) as url:
            for alert in ALERTS:
                await posted(client, url, alert)
                async with asyncio.timeout(DEADLINE_SECONDS):
                    real = await received.get()
                assert json.loads(forwarded(alert, uuid=real["uuid"], bracket_replacer=replacer)) == real


async def test_an_alert_comes_through_the_real_one(nats_url: str, tmp_path: Path) -> None:
    """A shortened call is on the ledger, marked as incomplete; nothing is refused."""
    async with running(nats_url, tmp_path) as service, aiohttp.ClientSession() as client:
        with sidekick(service.url + "/") as url:
            await posted(client, url, large())
            (message,) = await eventually_async(service.ledger)
    call = parse_headers(message.headers).call
    assert call is not None
    assert b'"incomplete":true' in call
