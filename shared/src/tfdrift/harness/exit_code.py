"""How a process says how it ended."""

from __future__ import annotations

import sys
from collections.abc import Callable

import structlog

from tfdrift.harness.errors import EXIT_CONFIGURATION, ConfigurationError


def exit_code(service: str, work: Callable[[], int]) -> int:
    """The result of `work`; 78 and a sentence on stderr for a wrong configuration, 1 and a log line for a defect."""
    try:
        return work()
    except ConfigurationError as error:
        print(f"{service}: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_CONFIGURATION
    except Exception:  # noqa: BLE001 - the last supervisor: one log line in place of a traceback on stderr
        structlog.get_logger().exception("crashed")
        return 1
