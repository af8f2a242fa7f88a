"""Inflicts faults on a cluster under load and prints what each run ended in: ``python -m tests.faults [FAULT…]``."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.faults.cluster import NODES, Figures, cluster
from tests.faults.inflict import DISK_BYTES, FAULTS, LIBFAKETIME
from tests.faults.workload import Workload


def missing(name: str) -> str | None:
    """What a fault needs and this machine does not have."""
    if name == "disk-full" and os.getuid() != 0:
        return "only root may mount a small file system"
    if name == "clock-jumps" and not LIBFAKETIME.exists():
        return "libfaketime is not installed (apt install faketime)"
    return None


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """A file system in memory at a folder; its size can be changed while it is in use."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "faults", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def suffer(name: str, folder: Path, *, alerts: int = 1000) -> Figures:
    """Run the workload under a fault in a new folder."""
    fault = FAULTS[name]
    first: dict[str, str] = {}
    with ExitStack() as stack:
        if name == "disk-full":
            for number in range(NODES):
                stack.enter_context(mounted(folder / f"node{number}"))
        if name == "clock-jumps":
            (folder / "one").mkdir(parents=True)
            clock = folder / "one" / "clock"
            clock.write_text("+0")
            first = {"LD_PRELOAD": str(LIBFAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock)}
            # The monotonic clock does not jump on a real machine either.
            first |= {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        running = stack.enter_context(cluster(folder, Workload(7, alerts), first))
        return asyncio.run(running.run(fault.inflict, fault.seconds))


def main(names: list[str]) -> int:
    """Run the named faults, by default all, and print a line of a table for each."""
    print("| fault | alerts | seconds | lost | duplicated | stale records | other drifts | dead letters |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    clean = True
    for name in names or list(FAULTS):
        if reason := missing(name):
            print(f"| {name} | skipped: {reason} | | | | | | |", flush=True)
            continue
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            found = suffer(name, Path(folder))
        clean &= found.clean
        seconds = time.monotonic() - begun
        cells = (found.alerts, f"{seconds:.0f}", found.lost, found.duplicated, found.stale, found.drifts, found.dead)
        print(f"| {name} | {' | '.join(map(str, cells))} |", flush=True)
        for example in found.examples:
            print(example, file=sys.stderr, flush=True)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
