"""Follows the rules file, and has every drift evaluated again when it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from drift_detector import metrics
from drift_detector.correlate.store import FactStore
from drift_detector.rules.load import load_rules
from tfdrift.harness import ConfigurationError, WatchedFile, every

_LOOK_SECONDS = 1.0


class RulesFollower:
    """Puts the rules of a file in force; a file that cannot be used leaves the rules as they are."""

    def __init__(self, path: Path | None, store: FactStore, on_change: Callable[[], None]) -> None:
        self._path = path
        self._store = store
        self._on_change = on_change
        self._log = structlog.get_logger()

    async def run(self) -> None:
        """Follow the file until cancelled; return at once where there is none."""
        metrics.RULES_VALID.set(1)
        if self._path is not None:
            path, file = self._path, WatchedFile(self._path)
            await every(_LOOK_SECONDS, lambda: self._look(path, file), "follow_rules")

    async def _look(self, path: Path, file: WatchedFile) -> None:
        if not file.changed():
            return
        try:
            rules = load_rules(path)
        except ConfigurationError as error:
            metrics.RULES_VALID.set(0)
            self._log.error("rules_refused", reason=str(error), remedy="the rules before stay in force")
            return
        metrics.RULES_VALID.set(1)
        self._log.info("rules_taken", path=str(path))
        self._store.context = replace(self._store.context, rules=rules)
        self._on_change()
