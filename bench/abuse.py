"""Measures the gateway under 100,000 malformed requests and 5,000 half-open connections, while clients listen.

Prints the gateway's memory before and after, and how much longer events took to reach the clients meanwhile. "Before"
is after a first tenth of the requests, when the caches are filled. `make bench` leaves it out: run
``python -m bench.abuse``.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import socket
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.sse_gateway.malformed import flood

from bench.report import report
from bench.streams.load import Address, Load, Measured, raise_descriptor_limit, resident_bytes
from bench.streams.servers import Server, gateway, nats

SERVER_CORE, LOADER_CORE = 0, 1
LISTENERS = 100
RATE = 20


def flooded(seed: int, address: Address, requests: int) -> tuple[Counter[str], list[bytes]]:
    """Send the requests; returns the status codes, and up to five answers that are errors of the gateway.

    The process shares its core with the listeners and with nats-server and runs at idle priority, so that it delays
    neither of them.
    """
    os.sched_setaffinity(0, {LOADER_CORE})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    answers = asyncio.run(flood(seed, address[1], requests))
    return answers.statuses, answers.failures[:5]


def half_open(address: Address, count: int) -> list[socket.socket]:
    """Returns connections that begin a request and never end it."""
    opened = []
    for number in range(count):
        connection = socket.create_connection(address)
        connection.send(b"GET /api/v1/stream HTTP/1.1\r\nHost: bench"[: number % 41])
        opened.append(connection)
    return opened


def measure(server: Server, options: argparse.Namespace) -> dict[str, Any]:
    """Returns the figures of one run."""
    publisher = server.publisher()
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool,
        Load(server.address, server.path, LISTENERS, LISTENERS) as load,
    ):
        fresh = resident_bytes(server.process)
        idle = half_open(server.address, options.half_open)
        pool.submit(flooded, 1, server.address, options.requests // 10).result()
        for connection in idle:
            connection.close()
        load.read_for(1)
        quiet = load.at_rate(publisher, RATE, 10, server.process)
        before = resident_bytes(server.process)
        idle = half_open(server.address, options.half_open)
        flooding = pool.submit(flooded, 2, server.address, options.requests)
        rounds: list[Measured] = []
        while not flooding.done():
            rounds.append(load.at_rate(publisher, RATE, 2, server.process))
        statuses, failures = flooding.result()
        for connection in idle:
            connection.close()
        time.sleep(1)
        after = resident_bytes(server.process)
    delays = [delay for each in rounds for delay in each.delays]
    attacked = Measured(1, 1, delays, 0, 0)
    return {
        "requests": options.requests,
        "half_open_connections": options.half_open,
        "answers": dict(statuses.most_common()),
        "unforeseen_errors": [failure.decode("latin-1") for failure in failures],
        "memory_fresh_mib": round(fresh / 2**20, 1),
        "memory_before_mib": round(before / 2**20, 1),
        "memory_after_mib": round(after / 2**20, 1),
        "memory_grew_percent": round(100 * (after / before - 1), 1),
        "p99_before_ms": quiet.delay_ms(0.99),
        "p99_meanwhile_ms": attacked.delay_ms(0.99),
        "p99_ratio": round(attacked.delay_ms(0.99) / quiet.delay_ms(0.99), 2),
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--half-open", type=int, default=5000)
    options = parser.parse_args()
    raise_descriptor_limit()
    os.sched_setaffinity(0, {LOADER_CORE})
    with TemporaryDirectory() as name:
        folder = Path(name)
        with nats(folder / "nats", LOADER_CORE) as broker, gateway(folder, broker, SERVER_CORE) as server:
            report("abuse", measure(server, options))


if __name__ == "__main__":
    main()
