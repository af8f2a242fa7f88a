"""The commands of ``tfdrift`` and the table of them in the documentation."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.service_process import run_program
from tfdrift.cli.__main__ import app

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def test_the_documentation_has_every_command_and_no_other() -> None:
    """Each has a row of the table."""
    documented = set(re.findall(r"(?m)^\| `tfdrift (\w+)", OPERATIONS.read_text(encoding="utf-8")))
    assert documented == set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_every_command_has_an_example_that_it_takes() -> None:
    """The arguments and options of the example are parsed by the command itself."""
    group = typer.main.get_command(app)
    for path, command in _commands(group):
        epilog = command.epilog or ""
        assert epilog.startswith(f"Example: tfdrift {path}"), path
        example = re.split(r" > |, or |; ", epilog.removeprefix(f"Example: tfdrift {path}"))[0]
        command.make_context(path, shlex.split(example))


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


@pytest.mark.parametrize(
    ("typed", "completed"), [("tfdrift re", {"report", "replay"}), ("tfdrift report --format o", {"ocsf"})]
)
def test_the_shell_completes_commands_and_values(typed: str, completed: set[str]) -> None:
    """As bash asks, after ``tfdrift --install-completion``."""
    words = typed.split()
    asked = {"_TFDRIFT_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    done = run_program("tfdrift", environment=os.environ | asked)
    assert set(done.stdout.split()) == completed
