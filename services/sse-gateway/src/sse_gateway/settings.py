"""The settings of this service: the common ones and its own ``TFDRIFT_*`` variables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from sse_gateway.access.address import parse_networks
from sse_gateway.access.jwts import secret_key
from tfdrift.harness import Settings

# RFC 6265 section 4.1.1: a cookie's name is a token of HTTP.
_COOKIE_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class GatewaySettings(Settings):
    """The gateway's settings from the environment."""

    http_port: int = Field(8080, ge=1, le=65535, description="public port of the stream, the REST API and the page")
    admin_port: int = Field(9104, ge=1, le=65535, description="port of /metrics, /healthz and /readyz")
    keepalive_seconds: float = Field(
        30, ge=0.05, le=3600, description="an idle stream is sent a comment after this time"
    )
    cors_origins: str = Field(
        "http://localhost:3000",
        description="origins that browsers may call from, comma-separated, besides the gateway's own",
    )
    client_buffer_bytes: int = Field(
        1024**2,
        ge=16 * 1024,
        description="unsent bytes of one client; a client with more is disconnected unless it catches up within 2 s",
    )
    max_clients: int = Field(10_000, ge=1, description="limit of open streams in all")
    max_clients_per_address: int = Field(10_000, ge=1, description="limit of open streams from one address")
    max_clients_per_token: int = Field(10_000, ge=1, description="limit of open streams with one token")
    max_connection_seconds: float = Field(
        0,
        ge=0,
        le=30 * 86_400,
        description="a stream is ended after this time, and its client resumes; 0 is never",
    )
    trusted_proxies: str = Field(
        "", description="addresses and networks of the proxies whose X-Forwarded-For is believed, comma-separated"
    )
    http_tls_cert_file: Path | None = Field(None, description="certificate chain of the public port in PEM, for HTTPS")
    http_tls_key_file: Path | None = Field(None, description="private key of that certificate in PEM")
    auth_tokens_file: Path | None = Field(None, description="YAML file of the bearer tokens that are accepted")
    auth_jwt_secret: SecretStr | None = Field(None, description="shared secret of JWTs of HS256")
    auth_jwt_key_file: Path | None = Field(None, description="public key in PEM of JWTs of RS256 or ES256")
    auth_jwks_url: str | None = Field(None, description="URL of the issuer's keys (JWKS) of JWTs of RS256 or ES256")
    auth_jwt_audience: str | None = Field(None, description="audience that a JWT must name")
    auth_jwt_issuer: str | None = Field(None, description="issuer that a JWT must name")
    auth_cookie: str | None = Field(None, description="name of the cookie in which browsers may send their token")
    recent_window_bytes: int = Field(
        64 * 1024**2, ge=64 * 1024, description="memory for recent events, from which clients resume without NATS"
    )

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, text: str) -> str:
        for origin in _split(text):
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or not parts.netloc
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise ValueError(
                    f"{origin!r} is not an origin such as https://dashboard.example.org or http://localhost:3000"
                )
        return text

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, text: str) -> str:
        parse_networks(text)
        return text

    @field_validator("auth_jwt_secret")
    @classmethod
    def _check_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            secret_key(secret.get_secret_value())
        return secret

    @field_validator("auth_jwks_url")
    @classmethod
    def _check_jwks_url(cls, url: str | None) -> str | None:
        if url is not None:
            parts = urlsplit(url)
            if not parts.hostname or not (
                parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
            ):
                raise ValueError("it must be https, or anyone who changes the keys on the way can make valid tokens")
        return url

    @field_validator("auth_cookie")
    @classmethod
    def _check_cookie(cls, name: str | None) -> str | None:
        if name is not None and not _COOKIE_NAME.fullmatch(name):
            raise ValueError("it is not the name of a cookie such as tfdrift_token")
        return name

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine reaches the public port."""
        return self.http_host in _LOOPBACK or self.http_host.startswith("127.")

    @property
    def origins(self) -> frozenset[str]:
        """The origins of ``cors_origins``, in lower case as browsers send them."""
        return frozenset(_split(self.cors_origins.lower()))


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
