"""The stream loses nothing and repeats nothing: 500 unruly clients, two gateways, and both they and NATS may die."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from nats.aio.client import Client as Nats
from nats.errors import Error as NatsError

from tests.conftest import NatsServer
from tests.pipeline import Pipeline

CLIENTS = 500
EVENTS = 20_000
SUBJECT = "tfdrift.drift.high.aws.aws_instance"
BATCH = 100
SECONDS = 240.0
# What one read takes off a stalled client's buffers; its window in the gateway is small, so that some are cut off.
BUFFER_BYTES = 64 * 1024
READ_BYTES = 256 * 1024


class Sequence:
    """Every event as the stream must bring it, by its number, which is the ledger's sequence too."""

    def __init__(self) -> None:
        self.epoch = ""
        self.blocks: list[bytes] = []

    def begin(self, block: bytes) -> None:
        """Learn the epoch, a part of every id, from the first event that comes to anybody."""
        if not self.epoch:
            self.epoch = block[len(b"id: ") :].partition(b"-")[0].decode()
            head = f"id: {self.epoch}-%d\nevent: drift\ndata: ".encode()
            self.blocks = [head % number + _payload(number) for number in range(EVENTS + 1)]

    def follows(self, blocks: list[bytes], number: int) -> bool:
        """Whether these are the events from `number` on and nothing else."""
        return blocks == self.blocks[number : number + len(blocks)]


@dataclass
class Client:
    """A client that connects, reads a while, and then leaves, stalls, or is thrown out; it resumes by its last id.

    It checks each event as it comes: `next` is the number of the one that must follow.
    """

    number: int
    chance: random.Random
    ports: list[int]
    sequence: Sequence
    next: int = 1
    connections: int = 0

    async def run(self) -> None:
        """Until every event has been seen."""
        while self.next <= EVENTS:
            port = self.chance.choice(self.ports)
            try:
                reader, writer = await self._connect(port)
            except OSError:
                await asyncio.sleep(0.1 + self.chance.random() / 5)
                continue
            self.connections += 1
            try:
                await self._stream(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(self.chance.random() / 5)
            finally:
                writer.transport.abort()

    async def _connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connection = socket.socket()
        connection.setblocking(False)
        if self.number % 5 == 0:  # little room on the way, so that a stall reaches the gateway
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024)
        try:
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        except OSError:
            connection.close()
            raise
        return await asyncio.open_connection(sock=connection, limit=32 * 1024)

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        last = f"Last-Event-ID: {self.sequence.epoch}-{self.next - 1}\r\n" if self.next > 1 else ""
        since = "" if last else "?since=1h"
        # HTTP/1.0 has no chunks, so what comes after the head is the stream itself.
        writer.write(f"GET /api/v1/stream{since} HTTP/1.0\r\nHost: localhost\r\n{last}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            await asyncio.sleep(0.2)  # draining, behind the ledger, or without NATS: it says so, and to come back
            return
        leave_after = self.chance.randint(1, EVENTS)
        stall_after = self.chance.randint(1, EVENTS)
        begun, rest = self.next, b""
        while self.next <= EVENTS and self.next - begun < leave_after:
            data = await reader.read(READ_BYTES)
            if not data:
                return
            *blocks, rest = (rest + data).split(b"\n\n")
            self._take(blocks)
            if self.next - begun > stall_after:
                stall_after = EVENTS
                await asyncio.sleep(2 + self.chance.random() * 3)

    def _take(self, blocks: list[bytes]) -> None:
        """Compare what came, byte for byte, with what must follow."""
        if self.sequence.follows(blocks, self.next):
            self.next += len(blocks)
            return
        for block in blocks:
            if block.startswith(b"id: "):
                self.sequence.begin(block)
                wanted = self.sequence.blocks[self.next]
                assert block == wanted, f"client {self.number}: {block[:40]!r} came where {wanted[:40]!r} must follow"
                self.next += 1
            else:
                assert not block.startswith(b"event: reset"), f"client {self.number}: {block!r}"


async def publish(url: str, on_progress: Callable[[int], None]) -> None:
    """Put the events on the ledger in order, whatever NATS does; `on_progress` hears how many are there.

    A batch whose acknowledgements did not all come is sent again over a new connection. What the server had stored
    is the beginning of the batch, since one connection's messages are taken in order, and the messages' ids keep it
    from being stored twice; so the order holds.
    """
    run, done = uuid4().hex, 0
    while done < EVENTS:
        client = Nats()
        try:
            await client.connect(url, allow_reconnect=False, error_cb=_ignore)
            while done < EVENTS:
                jetstream, numbers = client.jetstream(), range(done + 1, done + BATCH + 1)
                async with asyncio.timeout(5):
                    await asyncio.gather(
                        *(jetstream.publish(SUBJECT, _payload(n), headers=_id(run, n)) for n in numbers)
                    )
                done += BATCH
                on_progress(done)
        except (NatsError, OSError, TimeoutError):
            await asyncio.sleep(0.05)
        finally:
            await client.close()


def _payload(number: int) -> bytes:
    return json.dumps({"id": str(number), "number": number, "note": "x" * 250}, separators=(",", ":")).encode()


def _id(run: str, number: int) -> dict[str, str]:
    return {"Nats-Msg-Id": f"{run}-{number}"}


async def _ignore(_: Exception) -> None:
    pass


async def test_500_unruly_clients_see_every_event_once_and_in_order(tmp_path: Path, nats_server: NatsServer) -> None:
    """They leave, stall and come back to either gateway, while one is killed, and NATS restarts in between."""
    replicas = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        overrides = {"TFDRIFT_CLIENT_BUFFER_BYTES": str(BUFFER_BYTES), "TFDRIFT_RECENT_WINDOW_BYTES": str(2 * 1024**2)}
        replicas.append(Pipeline(folder, nats_server, overrides))
    one, other = replicas
    progress: dict[int, asyncio.Event] = {}

    def on_progress(done: int) -> None:
        for number, event in progress.items():
            if done >= number:
                event.set()

    async def kill_a_gateway() -> None:
        one.stop("sse-gateway", signal.SIGKILL)
        one.start("sse-gateway")

    async def restart_nats() -> None:
        await asyncio.to_thread(nats_server.stop, signal.SIGKILL)
        await asyncio.to_thread(nats_server.start)

    async def terminate_a_gateway() -> None:
        assert await asyncio.to_thread(other.stop, "sse-gateway") == 0
        other.start("sse-gateway")

    faults = {EVENTS // 4: kill_a_gateway, EVENTS // 2: restart_nats, EVENTS * 3 // 4: terminate_a_gateway}
    progress |= {number: asyncio.Event() for number in faults}

    async def inflict() -> None:
        for number, fault in faults.items():
            await progress[number].wait()
            await fault()

    sequence = Sequence()
    ports = [replica.ports["sse-gateway"][0] for replica in replicas]
    clients = [Client(number, random.Random(number), ports, sequence) for number in range(CLIENTS)]
    try:
        for replica in replicas:
            replica.start("sse-gateway")
            await replica.ready("sse-gateway")
        began = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
                tasks.create_task(publish(nats_server.url, on_progress))
                tasks.create_task(inflict())
                for client in clients:
                    tasks.create_task(client.run())
        behind = {client.number: client.next for client in clients if client.next <= EVENTS}
        assert not behind, f"after {time.monotonic() - began:.0f} s these still wait for {behind}"
        assert sum(client.connections for client in clients) > 2 * CLIENTS
        for replica in replicas:
            errors = [line for line in replica.log_lines("sse-gateway") if line["level"] == "error"]
            assert errors == []
    finally:
        for replica in replicas:
            replica.stop_all()
