"""Hands the listening sockets of a process to the one that takes its place, so that no waiting connection is lost.

When a listening socket closes, the kernel resets the connections that wait in its queue, also where another process
listens on the port by ``SO_REUSEPORT``. A socket that two processes share is not closed by the end of one of them. So
the new process asks the old one for its sockets, over a Unix socket in the folder of the spools, and listens on the
same queue. Where nobody answers it makes sockets of its own.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_MAX_SOCKETS: Final = 16
_ANSWER_SECONDS: Final = 2.0


class Handover:
    """The listening sockets of one port, between the processes that share a folder of spools."""

    def __init__(self, folder: Path, host: str, port: int, log: Any) -> None:
        self._folder = folder
        # Containers may share the folder, but a socket of another network is no use.
        network = Path("/proc/self/ns/net").stat().st_ino
        self._name = f"listening-{port}-{network}.sock"
        self._host = host
        self._port = port
        self._log = log
        self._server: socket.socket | None = None
        self._inode = 0

    def inherited(self) -> list[socket.socket]:
        """The sockets of the process that listens now; none where there is no such process, or its address differs."""
        found: list[socket.socket] = []
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(_ANSWER_SECONDS)
                asking.connect(self._path(folder))
                _, handles, _, _ = socket.recv_fds(asking, 1, _MAX_SOCKETS)
                found = [socket.socket(fileno=handle) for handle in handles]
        except OSError:
            return []
        finally:
            os.close(folder)
        if {(one.getsockname()[0], one.getsockname()[1]) for one in found} != self._wanted():
            for one in found:
                one.close()
            return []
        for one in found:
            one.setblocking(False)
        self._log.info("sockets_inherited", port=self._port)
        return found

    def offer(self, handles: Sequence[int]) -> None:
        """Give these sockets to whoever asks; the last process that offers is the one that is asked."""
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        fresh = f"{self._name}.{os.getpid()}"
        try:
            self._server = socket.socket(socket.AF_UNIX)
            self._server.setblocking(False)
            with suppress(FileNotFoundError):
                os.unlink(fresh, dir_fd=folder)
            self._server.bind(f"/proc/self/fd/{folder}/{fresh}")
            os.chmod(fresh, 0o600, dir_fd=folder)
            self._server.listen()
            self._inode = os.stat(fresh, dir_fd=folder).st_ino
            os.replace(fresh, self._name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError as error:
            self._log.warning("sockets_not_offered", reason=str(error), remedy="a restart may lose waiting connections")
            self.close()
            return
        finally:
            os.close(folder)
        asyncio.get_running_loop().add_reader(self._server, self._give, self._server, list(handles))

    def close(self) -> None:
        """Give no more."""
        if self._server is None:
            return
        asyncio.get_running_loop().remove_reader(self._server)
        self._server.close()
        self._server = None
        path = self._folder / self._name
        with suppress(OSError):
            if path.stat().st_ino == self._inode:  # no other process has taken its place
                path.unlink()

    def _give(self, server: socket.socket, handles: list[int]) -> None:
        try:
            asking, _ = server.accept()
            with asking:
                socket.send_fds(asking, [b"."], handles)
        except OSError as error:
            self._log.warning("sockets_not_given", reason=str(error))

    def _path(self, folder: int) -> str:
        """The path of the Unix socket by way of its open folder, since such a path has at most 107 bytes."""
        return f"/proc/self/fd/{folder}/{self._name}"

    def _wanted(self) -> set[tuple[str, int]]:
        found = socket.getaddrinfo(self._host or None, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return {(str(address[0]), self._port) for *_, address in found}
