"""Rolling restarts of ingest-falco while alerts are posted once, as Falco does.

Usage: ``python -m tests.falco.rolling_restart 20``.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.conftest import NatsServer, free_port
from tests.ingest_falco.samples import body, host_alert
from tests.ingest_falco.service import Process
from tfdrift.bus import Bus, NatsOptions, Retention
from tfdrift.subjects import STREAM

ALERTS = 900
SENDERS = 4
INSTANCES = 3


@dataclass(frozen=True)
class Outcome:
    """What became of the alerts of one run."""

    posted: int
    refused: int
    stored: int

    @property
    def lossless(self) -> bool:
        """Whether each was answered 200 and is on the ledger once."""
        return self.posted >= ALERTS and self.refused == 0 and self.stored == self.posted


async def post_once(url: str, rule: str) -> bool:
    """As Falco does: a connection of its own, and no second attempt."""
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as client,
            client.post(url, data=body(host_alert(rule=rule))) as answer,
        ):
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def stored(nats_url: str) -> int:
    """How many messages the ledger has."""
    bus = Bus(NatsOptions((nats_url,), "test"), Retention(168, 1024**3, 1))
    await bus.open()
    try:
        return (await bus.stream_state(STREAM)).messages
    finally:
        await bus.close()


async def restarted(nats_url: str, folder: Path) -> Outcome:
    """Four senders post on and on through two restarts, 900 alerts or more."""
    port = free_port()
    instances = [Process(nats_url, folder, port, http_reuse_port="true") for _ in range(INSTANCES)]
    posted: list[bool] = []
    done = asyncio.Event()
    await instances[0].start()

    async def post_on(sender: int) -> None:
        while not done.is_set() or len(posted) < ALERTS:
            posted.append(await post_once(instances[0].url, f"{sender}-{len(posted)}"))

    async with asyncio.TaskGroup() as senders:
        for sender in range(SENDERS):
            senders.create_task(post_on(sender))
        for old, new in itertools.pairwise(instances):
            await new.start()
            assert await asyncio.to_thread(old.stop) == 0
        done.set()
    assert await asyncio.to_thread(instances[-1].stop) == 0
    return Outcome(len(posted), posted.count(False), await stored(nats_url))


async def main() -> int:
    """Run as often as the argument says, each time with a NATS of its own; 1 if anything was lost."""
    outcomes = []
    started = time.monotonic()
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "nats").mkdir()
            server = NatsServer(folder / "nats")
            server.start()
            try:
                outcomes.append(await restarted(server.url, folder / "spool"))
            finally:
                server.stop()
        print(f"{number + 1}: {outcomes[-1]}", flush=True)
    posted, refused = sum(one.posted for one in outcomes), sum(one.refused for one in outcomes)
    lost = posted - refused - sum(one.stored for one in outcomes)
    seconds = time.monotonic() - started
    print(f"{len(outcomes)} runs, {posted} posted, {refused} refused, {lost} lost, {seconds:.0f} s")
    return 0 if all(one.lossless for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
