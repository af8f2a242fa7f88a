"""The one-off mode ``--explain ALERT.json STATE.tfstate``.

One of both may be ``-``, standard input. ingest-falco knows how an alert is normalised, and ingest-tfstate how a state
is read. So their ``--show`` modes are run, as one Unix program runs another.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import orjson

from drift_detector.catalog.load import load_catalog
from drift_detector.correlate.derive import EvaluationContext
from drift_detector.correlate.sanctions import sanctions
from drift_detector.correlate.store import FactStore
from drift_detector.explain.report import explain
from drift_detector.rules.load import load_rules
from drift_detector.settings import DetectorSettings
from tfdrift.envelope import parse_headers
from tfdrift.events import FalcoEvent
from tfdrift.records import ResourceRecord

EXIT_USAGE = 64  # EX_USAGE of sysexits.h
EXIT_UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits.h


def explain_mode(load_settings: Callable[[], DetectorSettings], arguments: Sequence[str]) -> int:
    """Print how the calls of an alert file are understood against a state file; returns the exit code."""
    alert, state = arguments
    if alert == state == "-":
        print("drift-detector: only one of ALERT.json and STATE.tfstate can be standard input", file=sys.stderr)
        return EXIT_USAGE
    settings = load_settings()
    shown = _showing("ingest-falco", alert), _showing("ingest-tfstate", state)
    context = EvaluationContext(
        load_catalog(), load_rules(settings.rules), timedelta(minutes=settings.unconfirmed_after_minutes)
    )
    messages, records = (_lines(process) for process in shown)
    if messages is None or records is None:
        return EXIT_UNAVAILABLE
    resources = [ResourceRecord.model_validate_json(line) for line in records]
    for number, line in enumerate(messages):
        message = orjson.loads(line)
        event = FalcoEvent.model_validate_json(message["payload"])
        envelope = parse_headers(message["headers"])
        if number:
            print()
        for text in explain(event, envelope, resources, FactStore(context), sanctions(context.rules)):
            print(text)
    return 0


def _showing(program: str, path: str) -> subprocess.Popen[str] | None:
    """Starts a program that shows a file; the other one and this one work meanwhile."""
    beside = Path(sys.argv[0]).resolve().parent / program
    command = str(beside) if beside.exists() else shutil.which(program)
    if command is None:
        print(f"drift-detector: {program} is not installed here; --explain asks it to read {path}", file=sys.stderr)
        return None
    given = None if path == "-" else subprocess.DEVNULL
    return subprocess.Popen([command, "--show", path], stdin=given, stdout=subprocess.PIPE, text=True)  # noqa: S603


def _lines(process: subprocess.Popen[str] | None) -> list[str] | None:
    """Returns what a program printed; None if it failed."""
    if process is None:
        return None
    output, _ = process.communicate()
    return [line for line in output.split("\n") if line] if process.returncode == 0 else None
