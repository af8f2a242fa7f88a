"""What a service needs to redact: the key of the hashes, and the operator's own rules."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Final

import yaml
from pydantic import SecretStr

from tfdrift.bus import Bus, BusError, Conflict
from tfdrift.harness.errors import ConfigurationError
from tfdrift.records import HASH_KEY, WORKSPACES_BUCKET
from tfdrift.redaction import NO_RULES, Rules, RulesError, parse_rules

_RETRY_SECONDS: Final = 1.0


async def hash_key(bus: Bus, configured: SecretStr | None, last: bytes | None = None) -> bytes:
    """Returns the key of the hashes: the configured one, else the one in the bucket, which the first process creates.

    It waits for NATS as long as it takes.

    Args:
        last: the key until now, which a bucket that was lost gets again.
    """
    if configured is not None:
        return configured.get_secret_value().encode()
    await bus.wait_connected()
    bucket = bus.bucket(WORKSPACES_BUCKET)
    while True:
        try:
            entry = await bucket.get(HASH_KEY)
            if entry is not None and entry.value:
                return entry.value
            await bucket.create(HASH_KEY, last or secrets.token_hex(32).encode())
        except Conflict:
            continue  # another process was first
        except BusError:
            await asyncio.sleep(_RETRY_SECONDS)


def load_redact_file(path: Path | None) -> Rules:
    """Returns the operator's rules in a YAML file; none without a file.

    Raises:
        ConfigurationError: it cannot be read, or is invalid.
    """
    if path is None:
        return NO_RULES
    try:
        return parse_rules(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"TFDRIFT_REDACT_FILE: the file {path} cannot be read: {reason}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"TFDRIFT_REDACT_FILE: {path} is not YAML: {' '.join(str(error).split())}") from error
    except RulesError as error:
        raise ConfigurationError(f"TFDRIFT_REDACT_FILE: {path}: {error}") from error
