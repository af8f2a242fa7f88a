"""The settings of ingest-falco."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr

from tfdrift.harness import ConfigurationError, Settings
from tfdrift.records import digest

# With its escaped call a message may outgrow the body it came in, and NATS takes 1 MiB. CloudTrail's events end
# at 256 KB, so nothing real comes near.
_MAX_ALERT_BYTES: Final = 768 * 1024


class IngestFalcoSettings(Settings):
    """What ingest-falco can be told."""

    http_port: int = Field(2801, ge=1, le=65535, description="port of the webhook; 2801 is falcosidekick's")
    admin_port: int = Field(9101, ge=1, le=65535, description="port of /metrics, /healthz and /readyz")
    webhook_token: SecretStr | None = Field(
        None, description="token that senders must show as 'Authorization: Bearer …'; unset: everybody may send"
    )
    max_alert_bytes: int = Field(
        _MAX_ALERT_BYTES, ge=1024, le=_MAX_ALERT_BYTES, description="the largest body of an alert that is taken"
    )
    spool_dir: Path | None = Field(
        None,
        description="folder of the spool for alerts that arrive while NATS is away, used by this process alone; "
        "unset: one per NATS and port in /var/lib/tfdrift, else ~/.local/state/tfdrift, else the temporary folder",
    )
    spool_max_bytes: int = Field(256 * 1024**2, ge=1024**2, description="how large the spool may grow")

    def spool_folder(self) -> Path:
        """Where the spool is.

        Unless it is named, each pair of a NATS and a port has its own, so that processes on one machine do not
        share a spool and what one NATS missed never goes to another.

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


def _state_folders() -> Iterator[Path]:
    """The Filesystem Hierarchy Standard's place, the XDG specification's, and what is always there."""
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
    # In the temporary folder somebody else may have put one there before.
    return os.access(folder, os.W_OK) and folder.stat().st_uid == os.getuid()
