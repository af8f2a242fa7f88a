"""Reads tokens and certificates again when their files change, while the gateway runs.

When a token is removed from its file or changed there, its streams end at once. A new certificate applies to new
connections. An invalid file changes nothing: what was read before stays in force, and the log and
`tfdrift_gateway_credentials_valid` say so.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import structlog

from sse_gateway.access.authorize import Access
from sse_gateway.access.settings import read_tokens, tls_of
from sse_gateway.metrics import CREDENTIALS_VALID
from sse_gateway.settings import GatewaySettings
from tfdrift.harness import ConfigurationError, WatchedFile
from tfdrift.harness.certificate import note_expiry

LOOK_SECONDS: Final = 1.0


class Credentials:
    """Watches the files that `settings` name, and updates `access` and the TLS context of the public port."""

    def __init__(
        self,
        settings: GatewaySettings,
        access: Access,
        tls: ssl.SSLContext | None,
        withdraw: Callable[[str], None],
    ) -> None:
        """`withdraw` is called with the name of each token whose streams must end."""
        self._settings = settings
        self._access = access
        self._tls = tls
        self._withdraw = withdraw
        self._tokens = _watched([settings.auth_tokens_file])
        self._certificate = _watched([settings.http_tls_cert_file, settings.http_tls_key_file])
        self._failed: set[str] = set()
        self._log = structlog.get_logger()
        self._note_expiry()

    async def run(self) -> None:
        """Check the files every second until cancelled."""
        CREDENTIALS_VALID.set(1)
        while self._tokens or self._certificate:
            await asyncio.sleep(LOOK_SECONDS)
            self._look("tokens", self._tokens, self._read_tokens)
            self._look("certificate", self._certificate, self._read_certificate)

    def _look(self, what: str, files: list[WatchedFile], read: Callable[[], None]) -> None:
        changed = [file.changed() for file in files]  # check each: both files of a certificate may have changed
        if not any(changed) and what not in self._failed:
            return
        try:
            read()
        except ConfigurationError as error:
            if what not in self._failed or any(changed):
                remedy = "correct the file; what was read before stays in force"
                self._log.error("credentials_refused", what=what, reason=str(error), remedy=remedy)
            self._failed.add(what)
        else:
            self._failed.discard(what)
            self._log.info("credentials_read", what=what)
        CREDENTIALS_VALID.set(not self._failed)

    def _read_tokens(self) -> None:
        for name in sorted(self._access.replace_tokens(read_tokens(self._settings))):
            self._withdraw(name)

    def _read_certificate(self) -> None:
        # Loaded into the same context, a certificate with another kind of key would stand beside the old one.
        fresh = tls_of(self._settings)
        self._note_expiry()

        def use_fresh(connection: ssl.SSLObject, _: str, __: ssl.SSLContext) -> None:
            if fresh is not None:
                connection.context = fresh

        if self._tls is not None:
            self._tls.sni_callback = use_fresh  # called for every connection, with or without a server name

    def _note_expiry(self) -> None:
        if self._settings.http_tls_cert_file is not None:
            note_expiry(self._settings.http_tls_cert_file)


def _watched(paths: Iterable[Path | None]) -> list[WatchedFile]:
    return [WatchedFile(path) for path in paths if path is not None]
