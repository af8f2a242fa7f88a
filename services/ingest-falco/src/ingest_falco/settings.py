"""The settings of ingest-falco."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from ingest_falco.alert.sns import is_topic
from tfdrift.harness import ConfigurationError, Settings
from tfdrift.records import digest

# With its escaped call a message may outgrow the body that it came in, and NATS takes 1 MiB. CloudTrail's events have
# at most 256 KB, so no real alert is near the limit.
_MAX_ALERT_BYTES: Final = 768 * 1024


class IngestFalcoSettings(Settings):
    """The settings of ingest-falco."""

    http_port: int = Field(2801, ge=1, le=65535, description="port of the webhook; 2801 is falcosidekick's")
    admin_port: int = Field(9101, ge=1, le=65535, description="port of /metrics, /healthz and /readyz")
    webhook_token: SecretStr | None = Field(
        None, description="token that senders must show as Bearer, or as the password of any user (Basic)"
    )
    webhook_signing_key: SecretStr | None = Field(
        None, description="key of the HMAC-SHA256 of the body that senders show in the header X-Signature-256"
    )
    webhook_allowed_networks: str = Field(
        "", description="comma-separated networks from which alerts are taken; unset: from everywhere"
    )
    sns_topics: str = Field(
        "", description="comma-separated ARNs of the SNS topics whose signed messages /cloudtrail takes and confirms"
    )
    pubsub_audience: str | None = Field(
        None, description="audience of the OIDC tokens that push subscriptions of Pub/Sub show at /gcp"
    )
    pubsub_service_account: str | None = Field(
        None, description="e-mail of the service account of those tokens; goes with the audience"
    )
    http_tls_cert_file: Path | None = Field(None, description="certificate chain of the public port in PEM, for HTTPS")
    http_tls_key_file: Path | None = Field(None, description="private key of that certificate in PEM")
    http_tls_client_ca_file: Path | None = Field(
        None, description="CA in PEM whose client certificates let senders in (mutual TLS)"
    )
    http_reuse_port: bool = Field(
        False,
        description="let a new process listen on the port before the old one stops; each needs an admin port of its own"
        " and gets a spool of its own below the folder",
    )
    relay_url: SecretStr | None = Field(
        None, description="http(s) address to which each alert's body is sent on, after its acknowledgement"
    )
    max_alert_bytes: int = Field(
        _MAX_ALERT_BYTES, ge=1024, le=_MAX_ALERT_BYTES, description="the largest body of an alert that is taken"
    )
    spool_dir: Path | None = Field(
        None,
        description="folder of the spool for alerts that arrive while NATS is away, used by this process alone; "
        "unset: one per NATS and port in /var/lib/tfdrift, else ~/.local/state/tfdrift, else the temporary folder",
    )
    hash_key: SecretStr | None = Field(
        None, description="key of the hashes that replace secrets; unset: the one stored in NATS"
    )
    redact_file: Path | None = Field(
        None, description="YAML file of names and patterns to hide beside the built-in ones"
    )
    spool_max_bytes: int = Field(256 * 1024**2, ge=1024**2, description="how large the spool may grow")

    @field_validator("webhook_allowed_networks")
    @classmethod
    def _networks(cls, text: str) -> str:
        _parse_networks(text)
        return text

    @field_validator("sns_topics")
    @classmethod
    def _topics(cls, text: str) -> str:
        for topic in _split(text):
            if not is_topic(topic):
                raise ValueError(f"{topic!r} is no ARN such as arn:aws:sns:eu-central-1:123456789012:cloudtrail")
        return text

    @field_validator("relay_url")
    @classmethod
    def _http(cls, url: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(url.get_secret_value()) if url is not None else None
        if parts is not None and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("it is no address such as http://falcosidekick:2801/")
        return url

    @model_validator(mode="after")
    def _whole_push(self) -> Self:
        if (self.pubsub_audience is None) != (self.pubsub_service_account is None):
            raise ConfigurationError("TFDRIFT_PUBSUB_AUDIENCE and TFDRIFT_PUBSUB_SERVICE_ACCOUNT go together; set both")
        return self

    @model_validator(mode="after")
    def _whole_tls(self) -> Self:
        if (self.http_tls_cert_file is None) != (self.http_tls_key_file is None):
            raise ConfigurationError("TFDRIFT_HTTP_TLS_CERT_FILE and TFDRIFT_HTTP_TLS_KEY_FILE go together; set both")
        if self.http_tls_client_ca_file is not None and self.http_tls_cert_file is None:
            raise ConfigurationError("TFDRIFT_HTTP_TLS_CLIENT_CA_FILE needs TFDRIFT_HTTP_TLS_CERT_FILE; set both")
        return self

    @property
    def allowed_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks from which alerts are taken; empty for everywhere."""
        return _parse_networks(self.webhook_allowed_networks)

    @property
    def topics(self) -> frozenset[str]:
        """The SNS topics whose messages are taken."""
        return frozenset(_split(self.sns_topics))

    def spool_folder(self) -> Path:
        """The folder of the spool.

        Unless it is named, each pair of a NATS and a port has its own, so that processes on one machine do not
        share a spool and alerts for one NATS never go to another.

        Raises:
            ConfigurationError: no folder can be written.
        """
        if self.spool_dir is not None:
            return self.spool_dir
        name = f"spool-{digest(f'{self.nats_url} {self.http_port}', 12)}"
        for folder in _state_folders():
            if _writable(folder / name):
                return folder / name
        raise ConfigurationError("TFDRIFT_SPOOL_DIR is unset and no default folder is writable; name a folder")


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _parse_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks of a comma-separated list; an address alone is a network of one."""
    return tuple(map(ip_network, _split(text)))


def _state_folders() -> Iterator[Path]:
    """The folder of the Filesystem Hierarchy Standard, that of the XDG specification, and one that always exists."""
    yield Path("/var/lib/tfdrift")
    home = Path(os.path.expanduser("~"))  # stays "~" for a container's user without a home
    if home.is_absolute():
        yield home / ".local" / "state" / "tfdrift"
    yield Path(tempfile.gettempdir()) / f"tfdrift-{os.getuid()}"


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return False
    # In the temporary folder another user may have created one before.
    return os.access(folder, os.W_OK) and folder.stat().st_uid == os.getuid()
