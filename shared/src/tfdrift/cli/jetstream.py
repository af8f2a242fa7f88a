"""The command's connection to NATS, and what it asks of the streams."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, Final

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from tfdrift.bus.errors import BusError, NotFound, Unavailable
from tfdrift.bus.presence import ask_presence
from tfdrift.bus.requests import answered
from tfdrift.bus.room import PRECISION, room
from tfdrift.bus.topology import Retention, differences, wanted_streams
from tfdrift.cli.diagnose import StreamReport
from tfdrift.harness.settings import Settings

# Answers come within milliseconds.
_PRESENCE_SECONDS: Final = 0.5


class ToolSettings(Settings):
    """How the command reaches NATS: by the variables of the services."""

    admin_port: int = 9105


async def with_jetstream(work: Callable[[JetStreamContext], Coroutine[Any, Any, Any]]) -> Any:
    """Connect as TFDRIFT_NATS_* say, do something with JetStream, and disconnect; raises what `with_nats` does."""
    return await with_nats(lambda client: work(client.jetstream()))


async def with_nats(work: Callable[[Client], Coroutine[Any, Any, Any]]) -> Any:
    """Connect as TFDRIFT_NATS_* say, do something, and disconnect.

    Raises:
        BusError: NATS does not answer.
        ConfigurationError: a variable is invalid.
    """
    options = ToolSettings.load().nats_options("tfdrift")
    refusals: list[str] = []

    async def note(error: Exception) -> None:
        refusals.append(str(error))

    client = await answered(
        nats.connect(
            list(options.servers),
            connect_timeout=5,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0.2,
            error_cb=note,
            **options.connect_arguments(),
        )
    )
    try:
        return await work(client)
    except BusError as error:
        # What is not permitted is not answered; the reason comes beside it.
        raise (Unavailable(refusals[-1]) if refusals else error) from error
    finally:
        await client.close()


async def stream_reports(jetstream: JetStreamContext) -> list[StreamReport]:
    """What NATS says of each stream, against what TFDRIFT_* ask for.

    Raises:
        BusError: NATS does not answer, or does not permit it.
    """
    retention = ToolSettings.load().retention()
    reports = []
    for wanted in wanted_streams(retention):
        name = str(wanted.name)
        try:
            info = await answered(jetstream.stream_info(name))
        except NotFound:
            reports.append(StreamReport(name, missing=True, lacks=await _lacking(jetstream, wanted, retention)))
            continue
        texts = [f"{one.setting} is {one.found}, wanted {one.wanted}" for one in differences(info, wanted, retention)]
        if sorted(info.config.subjects or ()) != sorted(wanted.subjects or ()):
            texts.append(f"its subjects are {info.config.subjects}, wanted {wanted.subjects}")
        reports.append(StreamReport(name, messages=info.state.messages, differences=texts))
    return reports


async def _lacking(jetstream: JetStreamContext, wanted: StreamConfig, retention: Retention) -> str | None:
    """Why a missing stream cannot be created with its size; None where it could be, or may be smaller."""
    if not wanted.max_bytes or retention.may_be_smaller:
        return None
    available = await room(jetstream, wanted)
    missing = wanted.max_bytes - available
    return (
        f"it is to have {wanted.max_bytes} bytes, and JetStream has {available} left" if missing > PRECISION else None
    )


async def versions(client: Client) -> list[tuple[str, str]]:
    """The name and the version of each instance that answers.

    Raises:
        BusError: NATS does not answer.
    """
    answers = [json.loads(answer) for answer in await ask_presence(client, _PRESENCE_SECONDS) if answer]
    return sorted((str(answer["service"]), str(answer["version"])) for answer in answers)
