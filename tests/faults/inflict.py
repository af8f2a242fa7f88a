"""The faults that a cluster of three nodes and two replicas of each service must survive, by name."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.cluster import Cluster
from tests.pipeline import SERVICES

LIBFAKETIME: Final = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


async def kill_the_leader(cluster: Cluster) -> None:
    """SIGKILL the leader of the ledger, and start it again after five seconds."""
    leader = await cluster.nodes.leader()
    leader.stop(signal.SIGKILL)
    await asyncio.sleep(5)
    await asyncio.to_thread(leader.start)


async def freeze_the_leader(cluster: Cluster) -> None:
    """SIGSTOP the leader of the ledger for twenty seconds: its connections stay open, and nothing answers."""
    with (await cluster.nodes.leader()).paused():
        await asyncio.sleep(20)


async def restart_the_services(cluster: Cluster) -> None:
    """A rolling restart: SIGTERM one replica of a service, start it, wait until it is ready, take the next."""
    for service in SERVICES:
        for replica in cluster.replicas:
            await asyncio.to_thread(replica.stop, service)
            replica.start(service)
            await replica.ready(service)


async def kill_services_at_random(cluster: Cluster) -> None:
    """For a minute, SIGKILL a random replica of a random service every two seconds, and start it again at once."""
    chance = random.Random(4)
    for _ in range(30):
        replica, service = chance.choice(cluster.replicas), chance.choice(SERVICES)
        await asyncio.to_thread(replica.stop, service, signal.SIGKILL)
        replica.start(service)
        await asyncio.sleep(2)


async def pause_one_replica_of_each(cluster: Cluster) -> None:
    """SIGSTOP one replica of every service for five seconds: it goes on with what it believed before."""
    processes = list(cluster.replicas[0].processes.values())
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(5)
    for process in processes:
        process.send_signal(signal.SIGCONT)


async def fill_the_disk_of_the_leader(cluster: Cluster) -> None:
    """The leader's file system has no room for ten seconds; then it has, and its operator restarts the node."""
    leader = await cluster.nodes.leader()
    used = shutil.disk_usage(leader.folder).used
    resize(leader.folder, used + 64 * 1024)
    await asyncio.sleep(10)
    resize(leader.folder, DISK_BYTES)
    leader.stop(signal.SIGKILL)
    await asyncio.to_thread(leader.start)


async def let_a_clock_jump(cluster: Cluster) -> None:
    """The wall clock of one replica of every service jumps an hour ahead, then an hour behind, then back."""
    clock = cluster.replicas[0].folder / "clock"
    for offset in ("+3600", "-3600", "+0"):
        clock.write_text(offset)
        await asyncio.sleep(5)


DISK_BYTES: Final = 2 * 1024**3


def resize(folder: Path, size: int) -> None:
    """Give the file system at a folder another size."""
    subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True)


@dataclass(frozen=True)
class Fault:
    """A fault, and over how many seconds the workload is spread so that it outlasts the fault."""

    inflict: Callable[[Cluster], Awaitable[None]]
    seconds: float


FAULTS: Final = {
    "none": Fault(lambda _: asyncio.sleep(0), 10),
    "leader-killed": Fault(kill_the_leader, 20),
    "leader-frozen": Fault(freeze_the_leader, 40),
    "rolling-restart": Fault(restart_the_services, 40),
    "random-kills": Fault(kill_services_at_random, 80),
    "replicas-paused": Fault(pause_one_replica_of_each, 20),
    "disk-full": Fault(fill_the_disk_of_the_leader, 30),
    "clock-jumps": Fault(let_a_clock_jump, 25),
}
