"""Settings of access that cannot be meant, and those that are missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sse_gateway.access.settings import access_of, check
from sse_gateway.settings import GatewaySettings
from tests.sse_gateway.credentials import SECRET
from tfdrift.harness import ConfigurationError


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"auth_tokens_file": "/nowhere/tokens.yaml"}, "TFDRIFT_AUTH_TOKENS_FILE: .* cannot be read"),
        (
            {"auth_jwt_secret": SECRET, "auth_jwks_url": "https://i/jwks"},
            "TFDRIFT_AUTH_JWT_SECRET and TFDRIFT_AUTH_JWKS_URL",
        ),
        ({"auth_jwks_url": "https://issuer/jwks"}, "TFDRIFT_AUTH_JWT_AUDIENCE"),
        ({"auth_jwt_audience": "x"}, "no key of JWTs"),
        ({"auth_cookie": "x"}, "TFDRIFT_AUTH_COOKIE"),
        ({"http_tls_cert_file": "/nowhere/c.pem"}, "TFDRIFT_HTTP_TLS_KEY_FILE"),
        ({"http_tls_cert_file": "/nowhere/c.pem", "http_tls_key_file": "/nowhere/k.pem"}, "TFDRIFT_HTTP_TLS"),
    ],
)
def test_access_that_was_meant_and_cannot_be_is_a_configuration_error(settings: dict[str, Any], reason: str) -> None:
    """Never an open gateway, and not a crash at the first request."""
    with pytest.raises(ConfigurationError, match=reason):
        check(GatewaySettings.model_validate(settings))


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("TFDRIFT_AUTH_JWT_SECRET", "short secret"),
        ("TFDRIFT_AUTH_JWKS_URL", "http://issuer.example.org/jwks"),
        ("TFDRIFT_AUTH_COOKIE", "a=b"),
        ("TFDRIFT_TRUSTED_PROXIES", "proxy.example.org"),
        ("TFDRIFT_MAX_CONNECTION_SECONDS", "-1"),
    ],
)
def test_an_invalid_variable_is_named(variable: str, text: str) -> None:
    """And a secret is not printed."""
    with pytest.raises(ConfigurationError, match=variable) as caught:
        GatewaySettings.load({variable: text})
    assert "short secret" not in str(caught.value)


def test_without_access_rules_the_gateway_is_open() -> None:
    """A gateway on loopback serves this machine only."""
    settings = GatewaySettings.load({})
    assert access_of(settings, lambda: datetime.now(UTC)).open
    assert settings.on_loopback
    assert not GatewaySettings.load({"TFDRIFT_HTTP_HOST": "0.0.0.0"}).on_loopback
