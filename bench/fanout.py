"""Compares the gateway's fan-out, end to end from NATS, with that of nchan, sse-starlette and a plain aiohttp server.

All servers run side by side on one core; the loader, the publisher and nats-server use the other. In each round every
server in turn gets its clients and then drifts of 300 bytes as fast as it delivers them, with a bounded number in
flight. Figures are medians of the rounds, and ratios are medians of each round's ratio. Then the gateway alone is
measured: latency at a modest rate and for one client, and the resident memory of idle clients (without the kernel's
buffers).

`--clients 5000` or `--clients 10000` measures more clients.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bench.report import report
from bench.streams.load import Load, Measured, processor_seconds, raise_descriptor_limit, resident_bytes
from bench.streams.servers import Server, all_servers

SERVER_CORE, LOADER_CORE = 0, 1
PROBES = 20
RATE_PROBES = 50


def one_round(server: Server, options: argparse.Namespace) -> tuple[Measured, float]:
    """Saturate a server once; returns the figures, and the bytes of memory per idle client."""
    before = resident_bytes(server.process)
    with Load(server.address, server.path, options.clients, PROBES) as load:
        load.read_for()
        idle = (resident_bytes(server.process) - before) / options.clients
        publisher = server.publisher()
        measured = load.saturate(publisher, options.window, 1.0, options.seconds, server.process)
        publisher.close()
    return measured, idle


def crowd(servers: Sequence[Server], options: argparse.Namespace) -> dict[str, Any]:
    """Returns the figures of the saturated servers."""
    found: dict[str, list[Measured]] = {server.name: [] for server in servers}
    idle: dict[str, float] = {}
    for number in range(options.rounds):
        for server in servers:
            measured, bytes_each = one_round(server, options)
            found[server.name].append(measured)
            if number == 0:  # later rounds reuse the memory of the first
                idle[server.name] = bytes_each
    # Servers that write each event at once keep the loader busy with small reads. The loader is the bottleneck only
    # where the server is not busy.
    figures: dict[str, Any] = {}
    for name, runs in found.items():
        figures[name] = {
            "deliveries_per_second": round(median(run.rate for run in runs)),
            "p50_ms": median(run.delay_ms(0.5) for run in runs),
            "p99_ms": median(run.delay_ms(0.99) for run in runs),
            "max_ms": max(run.delay_ms(1) for run in runs),
            "cpu_us_per_delivery": round(median(1e6 * run.server_seconds / run.deliveries for run in runs), 3),
            "server_busy": round(median(run.server_seconds / run.seconds for run in runs), 2),
            "loader_busy": round(median(run.loader_seconds / run.seconds for run in runs), 2),
            "bytes_per_idle_client": round(idle[name]),
        }
    ours = found["gateway"], found["gateway, a write per event"]
    for name, runs in found.items():
        if not name.startswith("gateway"):
            for label, own in zip(("gateway", "gateway, a write per event"), ours, strict=True):
                ratios = [mine.rate / theirs.rate for mine, theirs in zip(own, runs, strict=True)]
                figures[f"{label} / {name}"] = round(median(ratios), 2)
    return figures


def latencies(server: Server) -> dict[str, Any]:
    """Returns latencies at 20 events a second to 1,000 clients, and at 100 a second to one."""
    figures: dict[str, Any] = {}
    for label, clients, rate, seconds in (
        ("20 events/s to 1,000 clients", 1000, 20, 10),
        ("1 client, 100 events/s", 1, 100, 5),
    ):
        with Load(server.address, server.path, clients, RATE_PROBES) as load:
            load.read_for()
            publisher = server.publisher()
            load.at_rate(publisher, rate, 1, server.process)
            measured = load.at_rate(publisher, rate, seconds, server.process)
            publisher.close()
        figures[label] = {f"p{name}_ms": measured.delay_ms(share) for name, share in (("50", 0.5), ("99", 0.99))}
        figures[label]["max_ms"] = measured.delay_ms(1)
    return figures


def idle(server: Server, clients: int) -> dict[str, Any]:
    """Returns the memory of idle clients and the processor time that they take."""
    before = resident_bytes(server.process)
    with Load(server.address, server.path, clients, 0) as load:
        load.read_for(1)
        each = (resident_bytes(server.process) - before) / clients
        cpu = processor_seconds(server.process)
        load.read_for(5)
        share = (processor_seconds(server.process) - cpu) / 5
    return {"clients": clients, "bytes_per_client": round(each), "processor_share": round(share, 3)}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--idle", type=int, default=10_000, help="0 skips it")
    parser.add_argument("--window", type=int, default=100, help="events in flight while saturated")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", help="part of the name of the servers to measure")
    options = parser.parse_args()
    raise_descriptor_limit()
    os.sched_setaffinity(0, {LOADER_CORE})
    with TemporaryDirectory() as folder, all_servers(Path(folder), SERVER_CORE, LOADER_CORE) as running:
        servers = running
        if options.only:
            servers = [server for server in running if options.only in server.name or server.name.startswith("gateway")]
        figures = {"clients": options.clients}
        if not any(server.name == "nchan" for server in servers):
            figures["nchan"] = "skipped: apt-get install nginx libnginx-mod-nchan"
        # Memory first: it would otherwise be hidden in what earlier rounds have left allocated.
        if options.idle:
            figures["idle"] = idle(servers[0], options.idle)
        figures |= crowd(servers, options) | latencies(servers[0])
        if options.idle:  # by now its memory is allocated already
            figures["gateway"]["bytes_per_idle_client"] = figures["idle"]["bytes_per_client"]
    report("fanout" if options.clients == 1000 else f"fanout-{options.clients}", figures)


if __name__ == "__main__":
    main()
