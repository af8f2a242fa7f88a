"""The settings of ingest-tfstate."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from ingest_tfstate.sources.uri import SourceUri, parse_sources
from tfdrift.harness import Settings as CommonSettings


class Settings(CommonSettings):
    """The variables of ingest-tfstate, beside those of every service."""

    http_port: int = Field(2802, ge=1, le=65535, description="public port of ingest-tfstate")
    admin_port: int = Field(9102, ge=1, le=65535, description="port of /metrics, /healthz and /readyz")
    state_sources: str = Field(
        description="comma-separated URIs or paths of states, such as file:///states/**/*.tfstate or s3://bucket/*.tfstate"
    )
    state_poll_seconds: float = Field(
        30, ge=1, le=86400, description="how often a source that cannot notify is looked at"
    )
    max_state_bytes: int = Field(256 * 1024**2, ge=1024, description="the largest state that is read, in bytes")
    hash_key: SecretStr | None = Field(
        None, description="key of the hashes that replace secrets; by default created once and stored in NATS"
    )
    redact_file: Path | None = Field(
        None, description="YAML file of names and patterns to hide beside the built-in ones"
    )

    @field_validator("state_sources")
    @classmethod
    def _well_formed(cls, text: str) -> str:
        parse_sources(text, os.getcwd())
        return text

    def sources(self) -> tuple[SourceUri, ...]:
        """Returns the sources; a relative path is below the working directory."""
        return parse_sources(self.state_sources, os.getcwd())
