"""The commands of ``tfdrift`` and the table of them in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import typer.main

from tfdrift.cli.__main__ import app

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def test_the_documentation_has_every_command_and_no_other() -> None:
    """Each has a row of the table."""
    documented = set(re.findall(r"(?m)^\| `tfdrift (\w+)", OPERATIONS.read_text(encoding="utf-8")))
    assert documented == set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
