"""Asks NATS, the gateway and this machine what `diagnose` judges."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from nats.aio.client import Client

from tfdrift import __version__
from tfdrift.bus.errors import BusError
from tfdrift.cli import diagnose
from tfdrift.cli.diagnose import Finding
from tfdrift.cli.gateway import Gateway, GatewayError
from tfdrift.cli.jetstream import stream_reports, versions, with_nats
from tfdrift.harness.errors import ConfigurationError
from tfdrift.subjects import DEAD_STREAM

# Of the services that have a public port; drift-detector has its admin port alone.
PORTS: Final = {"ingest-falco": 2801, "ingest-tfstate": 2802, "drift-detector": 9103}
_CONNECT_SECONDS: Final = 0.5
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def examine(gateway: Gateway) -> list[Finding]:
    """Everything that is wrong, as far as it can be found out."""
    return [*_examine_nats(), *_examine_gateway(gateway)]


def _examine_nats() -> list[Finding]:
    async def ask(client: Client) -> list[Finding]:
        streams = diagnose.of_streams(await stream_reports(client.jetstream()), DEAD_STREAM)
        return [*streams, *diagnose.of_versions(await versions(client), __version__)]

    try:
        found: list[Finding] = asyncio.run(with_nats(ask))
    except (BusError, ConfigurationError) as error:
        return [diagnose.of_nats_error(str(error))]
    return found


def _examine_gateway(gateway: Gateway) -> list[Finding]:
    try:
        health, clock = gateway.health()
    except GatewayError as error:
        return [diagnose.of_gateway_error(str(error))]
    now = datetime.now(UTC)
    is_here = urlsplit(gateway.url).hostname in _LOOPBACK
    taken = [name for name, port in PORTS.items() if is_here and _is_taken(port)]
    return [*diagnose.of_health(health, now), *diagnose.of_clocks(now, clock), *diagnose.of_ports(health, taken)]


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(_CONNECT_SECONDS)
        return probe.connect_ex(("127.0.0.1", port)) == 0
