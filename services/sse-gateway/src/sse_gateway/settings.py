"""This service's settings: the common ones and its own ``TFDRIFT_*`` variables."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from tfdrift.harness import Settings


class GatewaySettings(Settings):
    """What the gateway is told by its environment."""

    http_port: int = Field(8080, ge=1, le=65535, description="public port of the stream, the REST API and the page")
    admin_port: int = Field(9104, ge=1, le=65535, description="port of /metrics, /healthz and /readyz")
    keepalive_seconds: float = Field(30, ge=0.05, le=3600, description="a comment goes to a stream idle for so long")
    cors_origins: str = Field(
        "http://localhost:3000",
        description="origins that browsers may call from, comma-separated, besides the gateway's own",
    )
    client_buffer_bytes: int = Field(
        1024**2,
        ge=16 * 1024,
        description="unsent bytes of one client, past which it is taken off and cut if it stays so",
    )
    max_clients: int = Field(10_000, ge=1, description="streams that may be open in all")
    max_clients_per_address: int = Field(10_000, ge=1, description="streams that may be open from one address")
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
                    f"{origin!r} is no origin such as https://dashboard.example.org or http://localhost:3000"
                )
        return text

    @property
    def origins(self) -> frozenset[str]:
        """The origins of ``cors_origins``, in lower case as browsers send them."""
        return frozenset(_split(self.cors_origins.lower()))


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
