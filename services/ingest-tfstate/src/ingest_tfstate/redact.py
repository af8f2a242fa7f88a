"""What must not leave this process is replaced by a keyed hash: secrets, and values too large for a record.

A hash object (`tfdrift.records`) still shows *that* a value changed, and equals the hash of an equal value.
Three things make a value secret: the state's own ``sensitive_attributes``; the provider's schema, which Terraform
writes into ``sensitive_attributes`` only since 1.10 and so is known here by type; and a telling name.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from ingest_tfstate.errors import TooDeep
from ingest_tfstate.state import Path
from tfdrift.envelope import canonical_json
from tfdrift.records import OVERSIZED_MEMBER, SENSITIVE_MEMBER, hidden_hash

# Provider schemas nest some ten levels deep; orjson writes 254.
MAX_DEPTH: Final = 64
MAX_ATTRIBUTE_BYTES: Final = 32 * 1024
# NATS takes messages of 1 MiB: a record holds its attributes, those of before its last change, and names.
MAX_ATTRIBUTES_BYTES: Final = 384 * 1024

_SECRET_NAMES: Final = frozenset(
    {
        "access_key",
        "auth_token",
        "bcrypt_hash",
        "client_certificate",
        "client_key",
        "client_secret",
        "connection_string",
        "kube_admin_config_raw",
        "kube_config_raw",
        "passphrase",
        "passwd",
        "password",
        "password_data",
        "preshared_key",
        "private_key",
        "private_key_openssh",
        "private_key_pem",
        "private_key_pem_pkcs8",
        "pwd",
        "secret",
        "secret_binary",
        "secret_data",
        "secret_key",
        "secret_string",
        "ses_smtp_password_v4",
        "shared_key",
        "token",
        "tunnel1_preshared_key",
        "tunnel2_preshared_key",
    }
)
_SECRET_ENDINGS: Final = (
    "_access_key",
    "_api_key",
    "_auth_token",
    "_connection_string",
    "_passphrase",
    "_password",
    "_private_key",
    "_secret",
    "_secret_key",
    "_token",
)
# Attributes that their provider's schema marks as sensitive and whose names do not tell it.
_SECRET_BY_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "aws_api_gateway_api_key": frozenset({"value"}),
    "aws_iam_access_key": frozenset({"encrypted_secret", "encrypted_ses_smtp_password_v4"}),
    "aws_lightsail_key_pair": frozenset({"encrypted_private_key"}),
    "aws_ssm_parameter": frozenset({"value"}),
    "azurerm_key_vault_secret": frozenset({"value"}),
    "helm_release": frozenset({"values", "set_sensitive", "metadata"}),
    "kubernetes_secret": frozenset({"data", "binary_data"}),
    "kubernetes_secret_v1": frozenset({"data", "binary_data"}),
    "random_password": frozenset({"result", "bcrypt_hash"}),
}
# What users name freely and clouds show to everybody; a tag called "token" is no secret.
_OPEN_MAPS: Final = frozenset({"tags", "tags_all", "labels", "effective_labels", "terraform_labels", "annotations"})


# A state has many resources and few attribute names.
@lru_cache(maxsize=16384)
def is_secret_name(name: str) -> bool:
    """Whether an attribute or map key of this name holds a secret, going by the name alone."""
    lowered = name.lower()
    return lowered in _SECRET_NAMES or lowered.endswith(_SECRET_ENDINGS)


@dataclass(frozen=True, slots=True)
class Redactor:
    """Replaces values by their hashes under one key.

    Attributes:
        key: the HMAC key; whoever knows it can test guesses of a secret, so it stays inside the pipeline.
    """

    key: bytes

    def keyed_hash(self, value: Any) -> str:
        """HMAC-SHA256 of the value's canonical JSON, in hex."""
        return hmac.new(self.key, canonical_json(value), hashlib.sha256).hexdigest()

    def redact(self, kind: str, attributes: dict[str, Any], sensitive: tuple[Path, ...] = ()) -> dict[str, Any]:
        """A copy of a resource's attributes that may leave the process; redacting it again changes nothing.

        Raises:
            TooDeep: the attributes are nested deeper than `MAX_DEPTH`.
        """
        by_type = _SECRET_BY_TYPE.get(kind, frozenset())
        shown: dict[str, Any] = {}
        for name, value in attributes.items():
            if name in by_type and value is not None:
                _check_depth(value, MAX_DEPTH)
                shown[name] = self._hide(value)
            else:
                shown[name] = self._walk(name, value, MAX_DEPTH, name in _OPEN_MAPS)
        for path in sensitive:
            self._hide_path(shown, attributes, path)
        return self._fit(shown, attributes)

    def _hide(self, value: Any) -> Any:
        if value is None or hidden_hash(value) is not None:
            return value
        return {SENSITIVE_MEMBER: self.keyed_hash(value)}

    def _walk(self, name: str, value: Any, depth: int, is_open: bool) -> Any:
        if isinstance(value, str):
            return self._hide(value) if value and not is_open and is_secret_name(name) else value
        if isinstance(value, dict):
            _check(depth)
            if hidden_hash(value) is not None:
                return value
            return {key: self._walk(key, inner, depth - 1, is_open) for key, inner in value.items()}
        if isinstance(value, list):
            _check(depth)
            return [self._walk(name, inner, depth - 1, is_open) for inner in value]
        return value

    def _hide_path(self, shown: dict[str, Any], raw: dict[str, Any], path: Path) -> None:
        """Hide what `path` points at; where it leads nowhere, the last thing that it reached."""
        if not path:
            shown.update({name: self._hide(value) for name, value in raw.items()})
            return
        holder, original = shown, raw
        for depth, step in enumerate(path):
            if not _has(original, step) or not _has(holder, step):
                return  # only at the top level: an attribute that this instance does not have
            inner, inner_raw = holder[step], original[step]  # type: ignore[index]
            rest = path[depth + 1 :]
            if hidden_hash(inner) is not None or inner is None:
                return
            if not rest or not _has(inner, rest[0]) or not _has(inner_raw, rest[0]):
                holder[step] = self._hide(inner_raw)  # type: ignore[index]
                return
            holder, original = inner, inner_raw

    def _fit(self, shown: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
        sizes = {name: _size(value) for name, value in shown.items()}
        total = sum(sizes.values())
        for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
            if sizes[name] <= MAX_ATTRIBUTE_BYTES and total <= MAX_ATTRIBUTES_BYTES:
                break
            if hidden_hash(shown[name]) is None:
                shown[name] = {OVERSIZED_MEMBER: self.keyed_hash(raw[name])}
                total -= sizes[name]
        return shown


def _size(value: Any) -> int:
    """An upper bound of the JSON length for short scalars, the length itself for the rest."""
    if value is None or isinstance(value, bool | int | float):
        return 24
    if isinstance(value, str) and len(value) < 1024:
        return 6 * len(value) + 2
    return len(canonical_json(value))


def _has(holder: Any, step: str | int) -> bool:
    if isinstance(holder, dict):
        return step in holder
    return isinstance(holder, list) and isinstance(step, int) and 0 <= step < len(holder)


def _check(depth: int) -> None:
    if depth <= 0:
        raise TooDeep(f"the state has attributes nested deeper than {MAX_DEPTH} levels")


def _check_depth(value: Any, depth: int) -> None:
    if isinstance(value, dict | list):
        _check(depth)
        for inner in value.values() if isinstance(value, dict) else value:
            _check_depth(inner, depth - 1)
