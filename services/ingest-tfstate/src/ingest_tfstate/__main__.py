"""The console script ``ingest-tfstate``."""

from __future__ import annotations

import sys

from ingest_tfstate.app import accept_lineage, check, forget_workspace, run
from ingest_tfstate.settings import Settings
from ingest_tfstate.show import show
from tfdrift import harness
from tfdrift.bus import bucket_stream
from tfdrift.records import STATE_BUCKET, WORKSPACES_BUCKET
from tfdrift.subjects import STREAM

SERVICE = harness.Service(
    name="ingest-tfstate",
    description="Watches Terraform states and puts what changed between two serials on the ledger.",
    settings=Settings,
    run=run,
    streams=frozenset({STREAM, *map(bucket_stream, (STATE_BUCKET, WORKSPACES_BUCKET))}),
    check=check,
    modes={
        "accept-lineage": harness.Mode(
            help="take the next state of a workspace though its lineage is another one",
            arguments=("WORKSPACE",),
            act=accept_lineage,
        ),
        "forget-workspace": harness.Mode(
            help="retire a workspace whose state is gone: its resources count as removed",
            arguments=("WORKSPACE",),
            act=forget_workspace,
        ),
        "show": harness.Mode(help="print the records of a state file", arguments=("FILE",), act=show),
    },
)


def main() -> int:
    """Run the service; returns the exit code."""
    return harness.main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
