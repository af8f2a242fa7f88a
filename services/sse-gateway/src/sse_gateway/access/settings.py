"""Makes the access rules and the TLS context from the settings, and reads and checks their files."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sse_gateway.access.authorize import Access
from sse_gateway.access.jwks import JwksKeys
from sse_gateway.access.jwts import Rules, public_key, secret_key
from sse_gateway.access.keys import FixedKey, Keys
from sse_gateway.access.tokens import Token, parse_tokens
from sse_gateway.settings import GatewaySettings
from tfdrift.harness import ConfigurationError
from tfdrift.harness.variables import variable

Parsed = TypeVar("Parsed")


def access_of(settings: GatewaySettings, now: Callable[[], datetime]) -> Access:
    """Returns the access rules.

    Raises:
        ConfigurationError: a file cannot be used, or variables contradict one another.
    """
    tokens = read_tokens(settings)
    keys = _keys(settings)
    if keys is None:
        _only_with_jwt(settings)
        if not tokens and settings.auth_cookie is not None:
            raise ConfigurationError("TFDRIFT_AUTH_COOKIE is set, but neither tokens nor JWTs are accepted")
    rules = Rules(settings.auth_jwt_audience, settings.auth_jwt_issuer)
    return Access(now, tokens, keys, rules, settings.auth_cookie)


def read_tokens(settings: GatewaySettings) -> tuple[Token, ...]:
    """Returns the bearer tokens of the file; none if no file is named.

    Raises:
        ConfigurationError: the file cannot be used.
    """
    path = settings.auth_tokens_file
    if path is None:
        return ()
    return _parsed("auth_tokens_file", path, lambda data: parse_tokens(data.decode()))


def tls_of(settings: GatewaySettings) -> ssl.SSLContext | None:
    """Returns the TLS context of the public port; None is plain HTTP.

    Raises:
        ConfigurationError: one of the two files is missing, or cannot be used.
    """
    certificate, key = settings.http_tls_cert_file, settings.http_tls_key_file
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigurationError("TFDRIFT_HTTP_TLS_CERT_FILE and TFDRIFT_HTTP_TLS_KEY_FILE belong together; set both")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"the TFDRIFT_HTTP_TLS_* files cannot be used: {error}") from error
    return context


def check(settings: GatewaySettings) -> None:
    """Raise `ConfigurationError` for a named file that cannot be used."""
    access_of(settings, lambda: datetime.now(UTC))
    tls_of(settings)


def _keys(settings: GatewaySettings) -> Keys | None:
    sources = {
        "auth_jwt_secret": settings.auth_jwt_secret,
        "auth_jwt_key_file": settings.auth_jwt_key_file,
        "auth_jwks_url": settings.auth_jwks_url,
    }
    named = [name for name, value in sources.items() if value is not None]
    if len(named) > 1:
        both = " and ".join(variable(name) for name in named)
        raise ConfigurationError(f"{both} are set; the keys of JWTs come from one of them")
    if settings.auth_jwt_secret is not None:
        return FixedKey(secret_key(settings.auth_jwt_secret.get_secret_value()))
    if named and settings.auth_jwt_audience is None:
        raise ConfigurationError(
            f"{variable(named[0])} is set without TFDRIFT_AUTH_JWT_AUDIENCE: an issuer signs tokens for others too"
        )
    if settings.auth_jwt_key_file is not None:
        return FixedKey(_parsed("auth_jwt_key_file", settings.auth_jwt_key_file, public_key))
    return JwksKeys(settings.auth_jwks_url) if settings.auth_jwks_url is not None else None


def _only_with_jwt(settings: GatewaySettings) -> None:
    for name in ("auth_jwt_audience", "auth_jwt_issuer"):
        if getattr(settings, name) is not None:
            raise ConfigurationError(f"{variable(name)} is set, but no key of JWTs is")


def _parsed(name: str, path: Path, parse: Callable[[bytes], Parsed]) -> Parsed:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{variable(name)}: the file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeError) else error
        raise ConfigurationError(f"{variable(name)}: the file {path} cannot be used: {reason}") from error
