"""The settings that every service has, read from ``TFDRIFT_*`` variables alone."""

from __future__ import annotations

import difflib
import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from tfdrift.bus import NatsOptions, Retention
from tfdrift.harness.errors import ConfigurationError
from tfdrift.harness.variables import KNOWN, PREFIX, SECRETS, variable

_FILE_SUFFIX = "_FILE"
# A password may contain a comma, so only a comma before a scheme ends a URL.
_NEXT_URL = re.compile(r",(?=\s*[A-Za-z][A-Za-z0-9+.-]*://)")
_USER_INFORMATION = re.compile(r"(://(?!/)|^(?=[^\s/]+@))\S*@")
_SIGNATURE = re.compile(r"\?[^\s#]*=[^\s#]*")
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_NATS_SCHEMES = ("nats", "tls", "ws", "wss")

S = TypeVar("S", bound="Settings")


class Settings(BaseModel):
    """The settings that all services share; the model of each service adds its own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    nats_url: str = Field("nats://127.0.0.1:4222", description="NATS servers, comma-separated for a cluster")
    nats_user: str | None = Field(None, description="user name for NATS")
    nats_password: SecretStr | None = Field(None, description="password for NATS")
    nats_token: SecretStr | None = Field(None, description="authentication token for NATS")
    nats_creds_file: Path | None = Field(None, description="credentials file (JWT and nkey) for NATS")
    nats_nkey_file: Path | None = Field(None, description="nkey seed file for NATS")
    nats_tls_ca_file: Path | None = Field(None, description="CA that signed the certificate of NATS")
    nats_tls_cert_file: Path | None = Field(None, description="client certificate for NATS")
    nats_tls_key_file: Path | None = Field(None, description="key of the client certificate for NATS")
    http_host: str = Field("127.0.0.1", min_length=1, description="address of the public port and the admin port")
    http_hosts: str = Field(
        "", description="host names under which browsers may address the public port, comma-separated"
    )
    admin_port: int = Field(ge=1, le=65535, description="port of /metrics, /healthz and /readyz")
    stream_replicas: int = Field(1, ge=1, le=5, description="how many NATS servers store each message")
    retention_hours: float = Field(168, gt=0, le=24 * 3650, description="how long the ledger keeps an event")
    retention_bytes: int = Field(
        10 * 1024**3,
        ge=1024**2,
        description="how large the ledger may grow; where it is unset and JetStream has less, half of what that has",
    )
    log_format: Literal["json", "console"] | None = Field(None, description="json; console on a terminal")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="the least severe level logged")
    drain_seconds: float = Field(10, gt=0, le=300, description="how long a stopping service may finish its work")

    @field_validator("nats_url")
    @classmethod
    def _reachable(cls, text: str) -> str:
        servers = _parts(text)
        if not servers:
            raise ValueError("it names no server; write one such as nats://127.0.0.1:4222")
        for server in servers:
            _check_server(server)
        return text

    @field_validator("http_hosts")
    @classmethod
    def _host_names(cls, text: str) -> str:
        for name in _parts(text):
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a host name such as drift.example.org, without scheme and port")
        return text

    @property
    def own_host_names(self) -> frozenset[str]:
        """The host names under which the public port may be addressed, in lower case."""
        return frozenset(name.lower() for name in (*_parts(self.http_hosts), self.http_host))

    def retention(self) -> Retention:
        """Return how far back the ledger reaches."""
        unset = "retention_bytes" not in self.model_fields_set
        return Retention(self.retention_hours, self.retention_bytes, self.stream_replicas, may_be_smaller=unset)

    def nats_options(self, name: str) -> NatsOptions:
        """Return the options of the connection to NATS, under the client name `name`.

        Raises:
            ConfigurationError: a file that the settings name cannot be read.
        """
        return NatsOptions(
            servers=_parts(self.nats_url),
            name=name,
            user=self.nats_user,
            password=self.nats_password.get_secret_value() if self.nats_password else None,
            token=self.nats_token.get_secret_value() if self.nats_token else None,
            credentials_file=_readable("nats_creds_file", self.nats_creds_file),
            nkey_file=_readable("nats_nkey_file", self.nats_nkey_file),
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
        """Return the settings of an environment, by default that of the process.

        Raises:
            ConfigurationError: a variable is invalid, or no service knows it.
        """
        environment = os.environ if environment is None else environment
        values = _values(environment, frozenset(cls.model_fields))
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigurationError(_sentence(cls, error)) from error

    def redacted(self) -> dict[str, str]:
        """Return every variable with its value in force, secrets hidden, for ``--check-config``."""
        return {variable(name): _shown(getattr(self, name)) for name in type(self).model_fields}


def _values(environment: Mapping[str, str], wanted: frozenset[str]) -> dict[str, str]:
    """Return the text of every variable that is set; the file of a secret is read only by the services that use it."""
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
            if text != "" and secret in wanted:
                if secret in values:
                    raise ConfigurationError(f"{name} and {variable(secret)} are both set; keep one of them")
                values[secret] = _read_secret(name, text)
        else:
            close = difflib.get_close_matches(field, KNOWN, n=1)
            hint = f"; did you mean {variable(close[0])}?" if close else ""
            raise ConfigurationError(f"{name} is not a variable that any service knows{hint}")
    return values


def _read_secret(name: str, path: str) -> str:
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{name}: the file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # a UnicodeDecodeError, whose text would show a part of the secret
        raise ConfigurationError(f"{name}: the file {path} is not UTF-8 text") from error
    if not secret:
        raise ConfigurationError(f"{name}: the file {path} is empty; write the secret into it, or unset the variable")
    return secret


def _readable(field: str, path: Path | None) -> Path | None:
    if path is not None:
        try:
            path.open("rb").close()
        except OSError as error:
            raise ConfigurationError(f"{variable(field)}: the file {path} cannot be read: {error.strerror}") from error
    return path


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _check_server(server: str) -> None:
    """Raise ValueError for an address that nats-py cannot connect to; it would try without end."""
    try:
        url = urlsplit(server if "://" in server else f"nats://{server}")
        valid = bool(url.hostname) and url.port != 0
    except ValueError:
        valid = False
    if not valid or url.scheme not in _NATS_SCHEMES:
        schemes = ", ".join(_NATS_SCHEMES)
        raise ValueError(f"a server is a host and port, or a URL such as nats://127.0.0.1:4222 of a scheme {schemes}")


def _sentence(model: type[BaseModel], error: ValidationError) -> str:
    """Return one sentence about the first invalid value."""
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    info = model.model_fields.get(field)
    meaning = f" ({info.description})" if info is not None and info.description else ""
    given = "" if field in SECRETS or first["type"] == "missing" else f": got {_shown(first['input'])!r}"
    message = str(first["msg"]).removeprefix("Value error, ")
    # The message of a model may quote the URL that it refuses.
    return f"{variable(field)}{meaning}: {_without_secrets(message)}{given}"


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "(set)"
    if isinstance(value, str):
        return _without_secrets(value)
    if isinstance(value, (list, tuple)):
        return ",".join(str(item) for item in value)
    return "" if value is None else str(value)


def _without_secrets(text: str) -> str:
    """Return URLs, or ``user:password@host``, without secrets: user information, and the query of a signed URL."""
    parts = (_SIGNATURE.sub("?(set)", _USER_INFORMATION.sub(r"\1(set)@", part)) for part in _NEXT_URL.split(text))
    return ",".join(parts)
