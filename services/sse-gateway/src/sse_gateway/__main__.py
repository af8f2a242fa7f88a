"""``sse-gateway``: streams the ledger to clients."""

from __future__ import annotations

import sys

from sse_gateway.access.settings import check
from sse_gateway.app import run
from sse_gateway.settings import GatewaySettings
from sse_gateway.stream.elsewhere import SHARED_BYTES
from tfdrift.harness import Crew, Service
from tfdrift.harness import main as harness_main

SERVICE = Service(
    name="sse-gateway",
    description="Streams the ledger of TFDrift-Falco to clients over Server-Sent Events, and answers its REST API.",
    settings=GatewaySettings,
    run=run,
    check=check,
    workers=lambda settings: Crew(settings.workers, settings.http_port, SHARED_BYTES),
)


def main() -> int:
    """Run the service; returns the exit code."""
    return harness_main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
