"""The clock, which the import rules cannot see: `datetime` is data everywhere and a clock by two of its methods."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pure_modules() -> list[str]:
    """The modules that the import rules name as pure."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return [module for contract in contracts if "Pure" in contract["name"] for module in contract["source_modules"]]


@pytest.mark.parametrize("module", pure_modules())
def test_a_pure_module_reads_no_clock(module: str) -> None:
    """Time is an input of whatever decides, so that a test can choose it."""
    file = f"src/{module.replace('.', '/')}.py"
    (path,) = [*ROOT.glob(f"services/*/{file}"), *ROOT.glob(f"shared/{file}")]
    assert re.findall(r"\b(?:now|utcnow|today)\(", path.read_text(encoding="utf-8")) == []
