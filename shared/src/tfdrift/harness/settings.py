"""The settings that every service has, read from ``TFDRIFT_*`` variables and from nothing else."""

from __future__ import annotations

import difflib
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from tfdrift.bus import NatsOptions, Retention
from tfdrift.harness.errors import ConfigurationError
from tfdrift.harness.variables import KNOWN, PREFIX, SECRETS, variable

_FILE_SUFFIX = "_FILE"

S = TypeVar("S", bound="Settings")


class Settings(BaseModel):
    """Settings that all services share; each service's own model adds its variables."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    nats_url: str = Field("nats://127.0.0.1:4222", description="NATS servers, comma-separated for a cluster")
    nats_user: str | None = Field(None, description="user name for NATS")
    nats_password: SecretStr | None = Field(None, description="password for NATS")
    nats_token: SecretStr | None = Field(None, description="authentication token for NATS")
    nats_creds_file: Path | None = Field(None, description="credentials file (JWT and nkey) for NATS")
    nats_nkey_file: Path | None = Field(None, description="nkey seed file for NATS")
    nats_tls_ca_file: Path | None = Field(None, description="CA that NATS' certificate is checked against")
    nats_tls_cert_file: Path | None = Field(None, description="client certificate for NATS")
    nats_tls_key_file: Path | None = Field(None, description="key of the client certificate for NATS")
    http_host: str = Field("127.0.0.1", min_length=1, description="address of the public port and the admin port")
    admin_port: int = Field(ge=1, le=65535, description="port of /metrics, /healthz and /readyz")
    stream_replicas: int = Field(1, ge=1, le=5, description="on how many NATS servers everything is stored")
    retention_hours: float = Field(168, gt=0, le=24 * 3650, description="how long the ledger keeps an event")
    retention_bytes: int = Field(10 * 1024**3, ge=1024**2, description="how large the ledger may grow")
    log_format: Literal["json", "console"] | None = Field(None, description="json; console on a terminal")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="the least grave level logged")
    drain_seconds: float = Field(10, gt=0, le=300, description="how long a stopping service may finish its work")

    def retention(self) -> Retention:
        """How far back the ledger reaches."""
        return Retention(self.retention_hours, self.retention_bytes, self.stream_replicas)

    def nats_options(self, name: str) -> NatsOptions:
        """How to reach NATS, introducing ourselves as `name`.

        Raises:
            ConfigurationError: a file named cannot be read.
        """
        return NatsOptions(
            servers=tuple(url.strip() for url in self.nats_url.split(",") if url.strip()),
            name=name,
            user=self.nats_user,
            password=self.nats_password.get_secret_value() if self.nats_password else None,
            token=self.nats_token.get_secret_value() if self.nats_token else None,
            credentials_file=self.nats_creds_file,
            nkey_file=self.nats_nkey_file,
            tls=self._tls(),
        )

    def _tls(self) -> ssl.SSLContext | None:
        if self.nats_tls_ca_file is None and self.nats_tls_cert_file is None:
            return None
        try:
            context = ssl.create_default_context(cafile=self.nats_tls_ca_file)
            if self.nats_tls_cert_file is not None:
                context.load_cert_chain(self.nats_tls_cert_file, self.nats_tls_key_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(f"the TFDRIFT_NATS_TLS_* files cannot be used: {error}") from error
        return context

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """The settings of an environment (by default the process's).

        Raises:
            ConfigurationError: a variable is wrong, or no service knows it.
        """
        environment = os.environ if environment is None else environment
        values = _values(environment)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigurationError(_sentence(cls, error)) from error

    def redacted(self) -> dict[str, str]:
        """Every variable with its value in force, secrets hidden: what ``--check-config`` prints."""
        return {variable(name): _shown(getattr(self, name)) for name in type(self).model_fields}


def _values(environment: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, text in sorted(environment.items()):
        if not name.startswith(PREFIX):
            continue
        field = name.removeprefix(PREFIX).lower()
        secret = field.removesuffix(_FILE_SUFFIX.lower())
        if field in KNOWN:
            # An empty variable is how compose files and shells spell "not set".
            if text != "":
                values[field] = text
        elif name.endswith(_FILE_SUFFIX) and secret in SECRETS:
            if text != "":
                values[secret] = _read_secret(name, text)
        else:
            close = difflib.get_close_matches(field, KNOWN, n=1)
            hint = f"; did you mean {variable(close[0])}?" if close else ""
            raise ConfigurationError(f"{name} is not a variable that any service knows{hint}")
    return values


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: the file {path} cannot be read: {error}") from error


def _sentence(model: type[BaseModel], error: ValidationError) -> str:
    """The first thing that is wrong, in one sentence."""
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    info = model.model_fields.get(field)
    meaning = f" ({info.description})" if info is not None and info.description else ""
    given = "" if field in SECRETS or first["type"] == "missing" else f": got {first['input']!r}"
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{variable(field)}{meaning}: {message}{given}"


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "(set)"
    if isinstance(value, str) and "://" in value:
        return ",".join(_without_password(part) for part in value.split(","))
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return "" if value is None else str(value)


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    credentials, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{'(set)@' if at and credentials else ''}{host}"
