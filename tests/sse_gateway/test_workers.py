"""Several worker processes behind one port, from outside: the real console script, real signals, a real nats-server."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from sse_gateway.errors import Refused
from sse_gateway.stream.admission import Admission
from sse_gateway.stream.elsewhere import SHARED_BYTES, Elsewhere
from tests.conftest import DEADLINE_SECONDS, NatsServer, eventually
from tests.pipeline import Pipeline, SseClient
from tfdrift.bus import Bus, NatsOptions, Retention

SUBJECT = "tfdrift.drift.high.aws.aws_instance"
GATEWAY = "sse-gateway"


@asynccontextmanager
async def workers(folder: Path, nats_server: NatsServer, count: int, **overrides: str) -> AsyncIterator[Pipeline]:
    """A gateway of so many workers, ready."""
    pipeline = Pipeline(folder, nats_server, {"TFDRIFT_WORKERS": str(count), **overrides})
    pipeline.start(GATEWAY)
    try:
        await pipeline.ready(GATEWAY)
        yield pipeline
    finally:
        if GATEWAY in pipeline.processes:
            pipeline.stop(GATEWAY)


async def publish(url: str, first: int, count: int) -> None:
    """Put numbered drifts on the ledger."""
    bus = Bus(NatsOptions((url,), "test"), Retention(1, 64 * 1024**2, 1))
    await bus.open()
    await asyncio.gather(*(bus.publish(SUBJECT, b'{"n":%d}' % number) for number in range(first, first + count)))
    await bus.close()


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that a process has started and that are still there."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return [int(child) for child in listed]


def alive(process: int) -> bool:
    """Whether a process runs, and is not only waiting for its parent to take note of its end."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def clients_of(pipeline: Pipeline) -> dict[str, int]:
    """How many streams each worker has open, by its number."""
    text = await pipeline.metrics(GATEWAY)
    found = re.findall(r'^tfdrift_gateway_clients\{worker="(\d+)"\} (\d+)', text, re.MULTILINE)
    return {worker: int(count) for worker, count in found}


async def spread(pipeline: Pipeline, stack: AsyncExitStack, over: int) -> list[SseClient]:
    """Reconnecting clients, as many as it takes until each worker has some."""
    clients: list[SseClient] = []
    async with asyncio.timeout(DEADLINE_SECONDS):
        while len([count for count in (await clients_of(pipeline)).values() if count]) < over:
            clients.append(await stack.enter_async_context(pipeline.stream(reconnecting=True)))
    return clients


async def test_every_client_of_every_worker_sees_each_event_once_though_a_worker_dies(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    """Another takes its place, its clients come back to whichever the kernel chooses, and go on by their ids."""
    async with workers(tmp_path, nats_server, 2) as gateway, AsyncExitStack() as stack:
        clients = await spread(gateway, stack, over=2)
        await publish(nats_server.url, 1, 200)
        for client in clients:
            await client.wait_for(lambda c: len(c.of("drift")) >= 200)
        os.kill(children(gateway.processes[GATEWAY])[0], signal.SIGKILL)
        await publish(nats_server.url, 201, 200)
        for client in clients:
            await client.wait_for(lambda c: len(c.of("drift")) >= 400)
            assert [data["n"] for data in client.of("drift")] == list(range(1, 401))
        await gateway.ready(GATEWAY)
        (ended,) = [line for line in gateway.log_lines(GATEWAY) if line["event"] == "worker_ended"]
        assert (ended["number"], ended["exit_code"]) == (0, -signal.SIGKILL)


async def test_limits_hold_for_all_workers_and_forget_the_clients_of_one_that_died(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    """Whichever worker a connection comes to, it knows what the others have open."""
    limits = {"TFDRIFT_MAX_CLIENTS_PER_ADDRESS": "6", "TFDRIFT_MAX_CLIENTS": "8"}
    async with workers(tmp_path, nats_server, 3, **limits) as gateway, AsyncExitStack() as stack:
        for _ in range(6):
            await stack.enter_async_context(gateway.stream())
        url = f"{gateway.gateway}/api/v1/stream"
        for _ in range(12):  # as many come to each worker as to make it sure that each refuses
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                assert answer.status == 429
                assert "TFDRIFT_MAX_CLIENTS_PER_ADDRESS" in await answer.text()
        assert (await gateway.get("/health"))["clients"] == 6
        for child in children(gateway.processes[GATEWAY])[:3]:
            os.kill(child, signal.SIGKILL)
        async with asyncio.timeout(DEADLINE_SECONDS):
            while sum((await clients_of(gateway)).values()) or len(await clients_of(gateway)) < 3:
                await asyncio.sleep(0.05)
        async with gateway.stream():
            assert (await gateway.get("/health"))["clients"] == 1


async def test_the_places_of_a_worker_that_died_are_free_before_another_takes_its_place(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    """Its clients come back at once, to the others, and are not refused because of themselves."""
    async with workers(tmp_path, nats_server, 2) as gateway, aiohttp.ClientSession() as session:
        url, parent = f"{gateway.gateway}/api/v1/stream", gateway.processes[GATEWAY]
        while not all(counts := (await clients_of(gateway)).values()):
            assert (await session.get(url)).status == 200
        os.kill(children(parent)[0], signal.SIGKILL)
        await eventually(lambda: [line for line in gateway.log_lines(GATEWAY) if line["event"] == "worker_ended"])
        parent.send_signal(signal.SIGSTOP)  # so that nothing takes its place meanwhile
        try:
            assert await counted_by_those_left(gateway) == tuple(counts)[1]
        finally:
            parent.send_signal(signal.SIGCONT)


async def counted_by_those_left(gateway: Pipeline) -> int:
    """How many streams are open, by a worker that answers; what the kernel gives to a dead one's socket waits."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    return int((await gateway.get("/health"))["clients"])


async def test_the_admin_port_answers_for_all_of_them(tmp_path: Path, nats_server: NatsServer) -> None:
    """Each series says whose it is; the gateway is ready when all of them are, and says which is not."""
    async with workers(tmp_path, nats_server, 2) as gateway:
        text = await gateway.metrics(GATEWAY)
        for worker in "01":
            assert f'\ntfdrift_worker_up{{worker="{worker}"}} 1.0\n' in text
            assert f'\ntfdrift_ready{{worker="{worker}"}} 1.0\n' in text
        assert text.count("# TYPE tfdrift_ready gauge\n") == 1
        child = children(gateway.processes[GATEWAY])[1]
        os.kill(child, signal.SIGSTOP)
        try:
            async with aiohttp.ClientSession() as session:
                async with session.get(gateway.admin(GATEWAY, "/readyz")) as answer:
                    assert (answer.status, await answer.json()) == (503, {"workers": {"0": True, "1": False}})
                async with session.get(gateway.admin(GATEWAY, "/healthz")) as answer:
                    assert answer.status == 503
                accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
                async with session.get(gateway.admin(GATEWAY, "/metrics"), headers=accept) as answer:
                    assert '\ntfdrift_worker_up{worker="1"} 0.0\n' in (text := await answer.text())
                    assert text.endswith("# EOF\n")
        finally:
            os.kill(child, signal.SIGCONT)
        await gateway.ready(GATEWAY)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_to_the_parent_drains_all_of_them(
    tmp_path: Path, nats_server: NatsServer, number: signal.Signals
) -> None:
    """Every client is told when to come back, every process ends, and the exit code is 0."""
    async with workers(tmp_path, nats_server, 2) as gateway, gateway.stream() as one, gateway.stream() as other:
        begun = children(gateway.processes[GATEWAY])
        assert len(begun) == 3
        one.retry = other.retry = None
        assert await asyncio.to_thread(gateway.stop, GATEWAY, number) == 0
        await eventually(lambda: one.retry and other.retry)
        assert not [child for child in begun if alive(child)]
        assert [line["event"] for line in gateway.log_lines(GATEWAY)][-1] == "stopped"


async def test_no_worker_outlives_its_parent(tmp_path: Path, nats_server: NatsServer) -> None:
    """However it ends: else they would hold the port against the next one."""
    async with workers(tmp_path, nats_server, 2) as gateway:
        begun = children(gateway.processes[GATEWAY])
        gateway.stop(GATEWAY, signal.SIGKILL)
        try:
            await eventually(lambda: not [child for child in begun if alive(child)])
        finally:
            for child in begun:
                with suppress(ProcessLookupError):
                    if alive(child):
                        os.kill(child, signal.SIGKILL)


async def test_a_port_that_others_share_is_taken_all_the_same(tmp_path: Path, nats_server: NatsServer) -> None:
    """Two gateways that share a port by mistake would each have half of the clients: the second one does not start."""
    async with workers(tmp_path, nats_server, 2) as gateway:
        (tmp_path / "other").mkdir()
        other = Pipeline(tmp_path / "other", nats_server, {"TFDRIFT_WORKERS": "2"})
        other.ports[GATEWAY] = (gateway.ports[GATEWAY][0], other.ports[GATEWAY][1])
        other.start(GATEWAY)
        assert await asyncio.to_thread(other.processes.pop(GATEWAY).wait, DEADLINE_SECONDS) == 78
        *_, sentence = (tmp_path / "other" / f"{GATEWAY}.log").read_text(encoding="utf-8").splitlines()
        assert sentence.startswith(f"sse-gateway: cannot listen on 127.0.0.1:{gateway.ports[GATEWAY][0]}: ")


def test_counts_are_told_to_the_others_and_taken_back() -> None:
    """Three workers in one process: each has its own part of the memory and reads those of the others."""
    parts = [memoryview(bytearray(SHARED_BYTES)) for _ in range(3)]
    one, two, three = (Admission(3, 2, 9, Elsewhere(parts, number)) for number in range(3))
    places = [one.admit("a", "t"), two.admit("a", None)]
    with pytest.raises(Refused, match="places of one address"):
        three.admit("a", None)
    places.append(three.admit("b", None))
    assert (three.open, three.open_in_all) == (1, 3)
    with pytest.raises(Refused, match="All 3 places"):
        one.admit("c", None)
    for place in places:
        place.release()
    three.admit("a", None)
    three.admit("a", None)
    assert [part.cast("I")[0] for part in parts] == [0, 0, 2]
