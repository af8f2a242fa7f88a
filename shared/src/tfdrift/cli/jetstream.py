"""The command's connection to NATS, and what it asks of the streams."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import nats
from nats.js import JetStreamContext

from tfdrift.bus.errors import BusError, NotFound, Unavailable
from tfdrift.bus.requests import answered
from tfdrift.bus.topology import differences, wanted_streams
from tfdrift.cli.diagnose import StreamReport
from tfdrift.harness.settings import Settings


class ToolSettings(Settings):
    """How the command reaches NATS: by the variables of the services."""

    admin_port: int = 9105


async def with_jetstream(work: Callable[[JetStreamContext], Coroutine[Any, Any, Any]]) -> Any:
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
        return await work(client.jetstream())
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
            reports.append(StreamReport(name, missing=True))
            continue
        texts = [f"{one.setting} is {one.found}, wanted {one.wanted}" for one in differences(info, wanted, retention)]
        if sorted(info.config.subjects or ()) != sorted(wanted.subjects or ()):
            texts.append(f"its subjects are {info.config.subjects}, wanted {wanted.subjects}")
        reports.append(StreamReport(name, messages=info.state.messages, differences=texts))
    return reports
