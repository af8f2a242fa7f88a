"""The settings of the detector."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from tfdrift.harness import Settings


class DetectorSettings(Settings):
    """The detector's settings, beside those of every service."""

    admin_port: int = Field(9103, ge=1, le=65535, description="port of /metrics, /healthz and /readyz")
    rules: Path | None = Field(None, description="YAML file of the rules; the shipped rules when unset")
    unconfirmed_after_minutes: float = Field(
        60, gt=0, le=7 * 24 * 60, description="how long a call of Terraform's may wait for a state to confirm it"
    )
    resolved_retention_hours: float = Field(
        168,
        gt=0,
        le=10 * 365 * 24,
        description="how long a resolved drift is stored, at least as long as its calls",
    )
    hash_key: SecretStr | None = Field(
        None, description="ingest-tfstate's key of the hashes that stand for secrets; by default the one stored in NATS"
    )
