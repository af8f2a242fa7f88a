"""``python -m tests.fuzz``: plays mutated worlds, or posts mutated alerts, in any number."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from tests.fuzz.alerts import post_alerts
from tests.fuzz.worlds import failures, new_seed


def main() -> int:
    """Plays what the arguments ask for; the exit code is 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--worlds", type=int, default=0, help="how many worlds to play")
    parser.add_argument("--alerts", type=int, default=0, help="how many alerts to post to an ingest-falco of its own")
    parser.add_argument("--seed", type=int, help="the first seed; a new one unless given")
    given = parser.parse_args()
    if not given.worlds and not given.alerts:
        parser.error("give --worlds or --alerts")
    seed = new_seed() if given.seed is None else given.seed
    began, found = time.monotonic(), 0
    for failure in failures(given.worlds, seed):
        found += 1
        print(failure, file=sys.stderr)
    if given.alerts:
        report = asyncio.run(post_alerts(given.alerts, seed))
        print(report)
        found += len(report.complaints)
    print(f"seed {seed}: {found} failures in {time.monotonic() - began:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
