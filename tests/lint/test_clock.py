"""The clock, which the import rules cannot see: `datetime` is data everywhere and a clock by two of its methods."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def modules_inside_the_wall() -> dict[str, Path]:
    """Every module of a service or of the shared package that the import rules do not name as shell."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (shell,) = (contract["shell"] for contract in contracts if contract["type"] == "shell")
    sources = [*ROOT.glob("services/*/src"), ROOT / "shared/src"]
    found = {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): path
        for source in sources
        for path in source.rglob("*.py")
    }
    return {name: path for name, path in found.items() if not any(fnmatchcase(name, pattern) for pattern in shell)}


MODULES = modules_inside_the_wall()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_inside_the_wall_reads_no_clock(module: str) -> None:
    """Time is an input of whatever decides, so that a test can choose it."""
    assert re.findall(r"\b(?:now|utcnow|today)\(", MODULES[module].read_text(encoding="utf-8")) == []
