"""``sse-gateway``: streams the ledger to clients."""

from __future__ import annotations

import sys

from sse_gateway.access.settings import check
from sse_gateway.app import run
from sse_gateway.settings import GatewaySettings
from tfdrift.harness import Service
from tfdrift.harness import main as harness_main

SERVICE = Service(
    name="sse-gateway",
    description="Streams the ledger of TFDrift-Falco to clients over Server-Sent Events, and answers its REST API.",
    settings=GatewaySettings,
    run=run,
    check=check,
)


def main() -> int:
    """Run the service; returns the exit code."""
    return harness_main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
