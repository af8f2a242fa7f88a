"""The one-off mode ``--show`` prints the records that a state file would be stored as."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ingest_tfstate.errors import StateError
from ingest_tfstate.record.records import StateSnapshot, fingerprint, first_records
from ingest_tfstate.settings import Settings
from ingest_tfstate.state.v4 import parse_state
from tfdrift.redaction import Redactor

EXIT_UNREADABLE = 66  # EX_NOINPUT of sysexits.h


def show(_: Callable[[], Settings], arguments: Sequence[str]) -> int:
    """Prints one JSON line for each managed resource of a state file, or of standard input where it is `-`.

    The key of its hashes is not kept.
    """
    path = Path(arguments[0])
    try:
        if arguments[0] == "-":
            data, modified = sys.stdin.buffer.read(), datetime.now(UTC)
        else:
            data, modified = path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC)
        snapshot = StateSnapshot(
            workspace=path.name.removesuffix(".tfstate"),
            source=path.name,
            state=parse_state(data),
            digest=fingerprint(data),
            modified=modified,
            received=datetime.now(UTC),
        )
        for record in first_records(snapshot, modified, Redactor(secrets.token_bytes())):
            print(record.encode().decode())
    except (OSError, StateError) as error:
        print(f"ingest-tfstate: {path}: {error}", file=sys.stderr)
        return EXIT_UNREADABLE
    return 0
