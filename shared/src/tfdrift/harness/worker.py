"""Which of several processes of one service this is; most services are one process."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Worker:
    """What a process was given by the parent that it shares its work with, see `tfdrift.harness.workers`.

    Attributes:
        number: its own, from 0, and `count`, how many there are.
        sockets: by port, what it is to listen on; for a port that is not here it makes its own.
        memory: what each worker may write down for the others, a part of equal size each; empty where that is not asked
            for. Only its own part is a worker's to write.
        parent: a descriptor that ends when the parent does; None for a process without one.
    """

    number: int = 0
    count: int = 1
    sockets: Mapping[int, Sequence[socket.socket]] = field(default_factory=dict)
    memory: Sequence[memoryview] = ()
    parent: int | None = None


def on_parents_end(parent: int, stopping: asyncio.Event) -> None:
    """Set an event when the other end of a descriptor is gone."""
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(parent)
        os.close(parent)
        stopping.set()

    loop.add_reader(parent, ended)
