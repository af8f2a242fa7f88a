"""Noticing that a file of the configuration was changed, so that nobody has to restart for it."""

from __future__ import annotations

from pathlib import Path


class WatchedFile:
    """A file as it was last looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._stamp()

    def changed(self) -> bool:
        """Whether the file is another one than at the last call; a file that is away for a moment has not changed."""
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
