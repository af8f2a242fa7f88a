"""The command's dead letters, on a real nats-server."""

from __future__ import annotations

import asyncio
import os

import nats
import pytest
from nats.js import JetStreamContext

from tests.service_process import run_program
from tfdrift.bus.topology import Retention, ensure
from tfdrift.subjects import DEAD_STREAM, STREAM

SUBJECT = "tfdrift.falco.low.host.test"


async def dead(url: str, *arguments: str) -> tuple[int, str, str]:
    """Runs ``tfdrift dead``; returns its exit code, what it printed, and its errors."""
    environment = os.environ | {"TFDRIFT_NATS_URL": url, "COLUMNS": "300"}
    done = await asyncio.to_thread(run_program, "tfdrift", "dead", *arguments, environment=environment)
    return done.returncode, done.stdout, done.stderr


async def prepared(url: str) -> JetStreamContext:
    """JetStream with our streams."""
    jetstream = (await nats.connect(url)).jetstream()
    await ensure(jetstream, Retention(hours=1, bytes=64 * 1024**2, replicas=1))
    return jetstream


async def bury(jetstream: JetStreamContext, service: str, data: bytes, **headers: str) -> int:
    """Stores a dead letter; returns its number."""
    own = {f"Tfdrift-{name}": text for name, text in headers.items()}
    return (await jetstream.publish(f"tfdrift_dead.{service}", data, headers=own)).seq


async def test_a_replayed_message_is_on_the_ledger_again(nats_url: str) -> None:
    """With its own headers, and no longer among the dead letters."""
    jetstream = await prepared(nats_url)
    number = await bury(jetstream, "drift-detector", b"{}", Reason="no sense", Subject=SUBJECT, Received="then")
    assert "no sense" in (await dead(nats_url, "list"))[1]
    assert (await dead(nats_url, "show", str(number)))[1] == "{}\n"
    assert (await dead(nats_url, "replay", str(number)))[0] == 0
    message = await jetstream.get_last_msg(STREAM, SUBJECT)
    assert message.data == b"{}"
    assert message.headers == {"Tfdrift-Received": "then", "Nats-Msg-Id": f"replay:{number}"}
    assert (await jetstream.stream_info(DEAD_STREAM)).state.messages == 0


async def test_a_letter_without_a_message_can_only_be_dropped(nats_url: str) -> None:
    """ingest-falco's have nothing of the alert's content."""
    jetstream = await prepared(nats_url)
    number = await bury(jetstream, "ingest-falco", b"", Reason="failed")
    code, _, error = await dead(nats_url, "replay", str(number))
    assert (code, "cannot be replayed" in error) == (69, True)
    assert (await dead(nats_url, "drop", str(number)))[0] == 0
    assert (await jetstream.stream_info(DEAD_STREAM)).state.messages == 0


@pytest.mark.parametrize("command", ["show", "replay", "drop"])
async def test_an_unknown_number_is_one_sentence(nats_url: str, command: str) -> None:
    """No traceback."""
    await prepared(nats_url)
    code, _, error = await dead(nats_url, command, "7")
    assert code == 69
    assert "Traceback" not in error
