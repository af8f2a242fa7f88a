"""Notices that a file of the configuration has changed, so that no restart is needed."""

from __future__ import annotations

from pathlib import Path


class WatchedFile:
    """A file, and its state at the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._stamp()

    def changed(self) -> bool:
        """Whether the file has changed since the last call; one that is absent for a moment has not."""
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return False
        self._seen = stamp
        return True

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size)
