"""``sse-gateway``: streams the ledger to clients."""

from __future__ import annotations

import sys

from sse_gateway.access.settings import check
from sse_gateway.app import run
from sse_gateway.settings import GatewaySettings
from tfdrift.bus import bucket_stream
from tfdrift.harness import Service
from tfdrift.harness import main as harness_main
from tfdrift.records import DRIFTS_BUCKET, STATE_BUCKET, WORKSPACES_BUCKET
from tfdrift.subjects import STREAM

SERVICE = Service(
    name="sse-gateway",
    description="Streams the ledger of TFDrift-Falco to clients over Server-Sent Events, and answers its REST API.",
    settings=GatewaySettings,
    run=run,
    check=check,
    streams=frozenset({STREAM, *map(bucket_stream, (DRIFTS_BUCKET, WORKSPACES_BUCKET, STATE_BUCKET))}),
)


def main() -> int:
    """Run the service; returns the exit code."""
    return harness_main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
