"""TLS of the public port, with client certificates, from files that are read again when they change."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from tfdrift.harness import ConfigurationError
from tfdrift.harness.certificate import note_expiry
from tfdrift.harness.watched_file import WatchedFile


class Tls:
    """The TLS context of the public port.

    Attributes:
        context: what the server is given; its connections use what the files have now.
    """

    def __init__(self, certificate: Path, key: Path, client_ca: Path | None, log: Any) -> None:
        self._files = (certificate, key, client_ca)
        self._watched = [WatchedFile(path) for path in self._files if path is not None]
        self._failed = False
        self._log = log
        self.context = _read(*self._files)

    async def look(self) -> None:
        """Read the files again where one has changed; unreadable ones leave what was read before in force."""
        changed = [file.changed() for file in self._watched]  # each of them: several may have changed
        if not any(changed) and not self._failed:
            return
        try:
            fresh = _read(*self._files)
        except ConfigurationError as error:
            if not self._failed or any(changed):
                remedy = "correct the file; the certificate that was read before stays in force"
                self._log.error("tls_refused", reason=str(error), remedy=remedy)
            self._failed = True
            return
        self._failed = False
        self._exchange(fresh)
        self._log.info("tls_read")

    def _exchange(self, fresh: ssl.SSLContext) -> None:
        # Into the same context, a new certificate would come beside the old one, and a removed CA would stay.
        def exchange(connection: ssl.SSLObject, _: str, __: ssl.SSLContext) -> None:
            connection.context = fresh

        self.context.sni_callback = exchange  # called for every connection, whether it names a server or not


def _read(certificate: Path, key: Path, client_ca: Path | None) -> ssl.SSLContext:
    """The context of the files.

    Raises:
        ConfigurationError: a file cannot be used.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
            # Optional here: probes have none, and a token may take its place (`ingest_falco.webhook.authentication`).
            context.verify_mode = ssl.CERT_OPTIONAL
        note_expiry(certificate)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigurationError(f"the TFDRIFT_HTTP_TLS_* files cannot be used: {error}") from error
    return context
