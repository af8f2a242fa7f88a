"""States in local files, watched through the operating system's notifications."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from watchfiles import Change, watch

from ingest_tfstate.errors import Missing, TooLarge, Unreadable
from ingest_tfstate.sources.source import Content, Found
from ingest_tfstate.sources.uri import SUFFIX, SourceUri

# A writer has this long to finish before we look.
_DEBOUNCE_MILLISECONDS: Final = 100
_STEP_MILLISECONDS: Final = 20
_WATCH_MILLISECONDS: Final = 1000
_RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """A `Source` of local files: one file, or the files below a folder that match a glob."""

    uri: SourceUri
    max_bytes: int

    async def states(self) -> list[Found]:
        """See `Source.states`."""
        return await asyncio.to_thread(self._list)

    async def read(self, found: Found, known: str | None) -> Content | None:
        """See `Source.read`."""
        if found.signature is not None and found.signature == known:
            return None
        return await asyncio.to_thread(self._read, f"{self._folder}/{found.path}")

    async def notify(self, wake: Callable[[], None]) -> None:
        """See `Source.notify`; it waits for a folder that is not there yet.

        It runs in a thread of its own: `watchfiles.awatch` cancels itself at every timeout, and may mistake our
        cancellation for its own.
        """
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def wake_loop() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(wake)

        threading.Thread(target=self._watch, args=(stop, wake_loop), name=f"watch {self.uri}", daemon=True).start()
        try:
            await loop.create_future()
        finally:
            stop.set()

    def _watch(self, stop: threading.Event, wake: Callable[[], None]) -> None:
        while not stop.is_set():
            is_set_up, identity = False, _identity(self._folder)
            try:
                for changes in watch(
                    self._folder,
                    watch_filter=None,
                    debounce=_DEBOUNCE_MILLISECONDS,
                    step=_STEP_MILLISECONDS,
                    rust_timeout=_WATCH_MILLISECONDS,
                    yield_on_timeout=True,
                    recursive="/" in self.uri.pattern,
                    stop_event=stop,
                    ignore_permission_denied=True,
                ):
                    if (Change.deleted, self._folder) in changes or _identity(self._folder) != identity:
                        wake()
                        break  # the folder was removed, replaced or mounted over: the watch would see nothing more
                    # The first turn comes once the watch is set up. What was written before that needs a look now.
                    if changes or not is_set_up:
                        is_set_up = True
                        wake()
            except FileNotFoundError:
                pass
            except (OSError, RuntimeError) as error:
                structlog.get_logger().warning(
                    "watch_failed",
                    source=str(self.uri),
                    reason=str(error),
                    remedy="raise fs.inotify.max_user_watches; until then the source is only polled",
                )
            stop.wait(_RETRY_SECONDS)

    @property
    def _folder(self) -> str:
        return self.uri.fixed or "/"

    def _list(self) -> list[Found]:
        if not os.path.isdir(self._folder):
            raise Missing(f"the folder {self._folder} does not exist; create it, or correct TFDRIFT_STATE_SOURCES")
        paths = [self.uri.pattern] if self.uri.is_single else sorted(self._walk())
        found = []
        for path in paths:
            try:
                found.append(Found(path, _signature(os.stat(f"{self._folder}/{path}"))))
            except FileNotFoundError:
                continue
            except OSError:
                found.append(Found(path, None))  # reading it gives the reason
        return found

    def _walk(self) -> Iterator[str]:
        def unlisted(error: OSError) -> None:
            if error.filename == self._folder:
                raise Unreadable(
                    f"the folder {self._folder} cannot be listed: {error.strerror}; let the service's user read it"
                )

        depth = None if "**" in self.uri.pattern else self.uri.pattern.count("/")
        for folder, folders, names in os.walk(self._folder, onerror=unlisted):
            below = os.path.relpath(folder, self._folder)
            prefix = "" if below == "." else f"{below}/"
            # A folder that is named like a state is reported as unreadable, not ignored.
            named = [name for name in folders if name.endswith(SUFFIX)]
            yield from (f"{prefix}{name}" for name in (*names, *named) if self.uri.matches(f"{prefix}{name}"))
            if prefix.count("/") == depth:
                folders.clear()

    def _read(self, path: str) -> Content:
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_size > self.max_bytes:
                    raise TooLarge(
                        f"{path} has {status.st_size} bytes, over {self.max_bytes}; raise TFDRIFT_MAX_STATE_BYTES"
                    )
                data = file.read(self.max_bytes + 1)
        except FileNotFoundError:
            raise Missing(f"{path} does not exist") from None
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error.strerror}") from error
        if len(data) > self.max_bytes:
            raise TooLarge(f"{path} has grown over {self.max_bytes} bytes; raise TFDRIFT_MAX_STATE_BYTES")
        return Content(data, datetime.fromtimestamp(status.st_mtime, UTC), _signature(status))


def _identity(folder: str) -> tuple[int, int] | None:
    """Returns the device and inode of a folder, None if it does not exist."""
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _signature(status: os.stat_result) -> str:
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"
