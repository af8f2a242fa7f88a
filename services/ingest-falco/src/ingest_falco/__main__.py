"""The console script ``ingest-falco``."""

from __future__ import annotations

import sys

from ingest_falco.app import run
from ingest_falco.replay import SINCE, replay
from ingest_falco.settings import IngestFalcoSettings
from ingest_falco.show import show
from tfdrift.harness import Mode, Service
from tfdrift.harness import main as harness_main
from tfdrift.harness.redaction import load_redact_file
from tfdrift.subjects import DEAD_STREAM, STREAM

SERVICE = Service(
    name="ingest-falco",
    description="Takes Falco's alerts by webhook and puts them, normalised, on the ledger.",
    settings=IngestFalcoSettings,
    run=run,
    check=lambda settings: load_redact_file(settings.redact_file),
    streams=frozenset({STREAM, DEAD_STREAM}),
    modes={
        "show": Mode(help="print the ledger messages of the alerts in a file", arguments=("FILE",), act=show),
        "replay": Mode(
            help="put the calls of audit log files on the ledger: a folder, s3://, gs:// or az://",
            arguments=("URI",),
            act=replay,
            options={"since": SINCE},
        ),
    },
)


def main() -> int:
    """Run the service; returns the exit code."""
    return harness_main(SERVICE)


if __name__ == "__main__":
    sys.exit(main())
