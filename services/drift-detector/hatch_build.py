"""Compiles the mapping when the package is built, so that a wheel needs neither its files nor their compiler."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_HERE = Path(__file__).parent


class CompiledMapping(BuildHookInterface):  # type: ignore[type-arg]
    """Puts ``mapping/catalog.msgpack`` beside the files that it is compiled from; a wheel takes it alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface
        """Compile the mapping, with this package and `tfdrift` as they are beside this file."""
        sys.path[:0] = [str(_HERE / "src"), str(_HERE.parents[1] / "shared/src")]
        from drift_detector.catalog.load import fresh_artifact  # noqa: PLC0415

        fresh_artifact()
