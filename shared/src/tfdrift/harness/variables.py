"""Every environment variable that some service knows.

One environment may serve all services, so a service ignores variables that only others read. A ``TFDRIFT_`` variable
that *no* service knows is a typing error, and the service refuses to start. A test compares this list with the settings
of all services.
"""

from __future__ import annotations

from typing import Final

PREFIX: Final = "TFDRIFT_"

# A secret may also be in a file: TFDRIFT_NATS_PASSWORD_FILE in place of TFDRIFT_NATS_PASSWORD.
SECRETS: Final = frozenset(
    {"nats_password", "nats_token", "webhook_token", "webhook_signing_key", "relay_url", "hash_key", "auth_jwt_secret"}
)

KNOWN: Final = frozenset(
    {
        # every service
        "nats_url",
        "nats_user",
        "nats_password",
        "nats_token",
        "nats_creds_file",
        "nats_nkey_file",
        "nats_tls_ca_file",
        "nats_tls_cert_file",
        "nats_tls_key_file",
        "http_host",
        "http_hosts",
        "http_port",
        "admin_port",
        "stream_replicas",
        "retention_hours",
        "retention_bytes",
        "log_format",
        "log_level",
        "drain_seconds",
        # ingest-falco
        "max_alert_bytes",
        "spool_dir",
        "spool_max_bytes",
        "webhook_token",
        "webhook_signing_key",
        "webhook_allowed_networks",
        "sns_topics",
        "pubsub_audience",
        "pubsub_service_account",
        "http_tls_client_ca_file",
        "http_reuse_port",
        "relay_url",
        # ingest-tfstate
        "state_sources",
        "state_poll_seconds",
        "max_state_bytes",
        "hash_key",
        "redact_file",
        # drift-detector
        "rules",
        "unconfirmed_after_minutes",
        "resolved_retention_hours",
        # sse-gateway
        "keepalive_seconds",
        "cors_origins",
        "client_buffer_bytes",
        "max_clients",
        "max_clients_per_address",
        "max_clients_per_token",
        "max_connection_seconds",
        "trusted_proxies",
        "http_tls_cert_file",
        "http_tls_key_file",
        "auth_tokens_file",
        "auth_jwt_secret",
        "auth_jwt_key_file",
        "auth_jwks_url",
        "auth_jwt_audience",
        "auth_jwt_issuer",
        "auth_cookie",
        "recent_window_bytes",
    }
)


def variable(field: str) -> str:
    """Return the environment variable of a settings field."""
    return f"{PREFIX}{field.upper()}"
