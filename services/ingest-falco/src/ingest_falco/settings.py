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

# With its escaped call a message may outgrow the body that it came in, and NATS takes 1 MiB. CloudTrail's events have
# at most 256 KB, so no real alert is near the limit.
_MAX_ALERT_BYTES: Final = 768 * 1024


class IngestFalcoSettings(Settings):
    """The settings of ingest-falco."""

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
