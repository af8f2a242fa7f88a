"""Shows when the certificate of the public port expires."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography import x509
from prometheus_client import Gauge

EXPIRY: Final = Gauge(
    "tfdrift_certificate_expiry_timestamp_seconds",
    "When the certificate of the public port expires, in Unix time; 0 without TLS",
)


def note_expiry(certificate: Path) -> None:
    """Show the expiry of the first certificate of a PEM file, which is the server's own.

    Raises:
        OSError: the file cannot be read.
        ValueError: it has no certificate.
    """
    EXPIRY.set(x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc.timestamp())
