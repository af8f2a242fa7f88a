"""The generated lists are of their sources."""

from __future__ import annotations

from mapping_generator.secrets import token_formats
from mapping_generator.sources.provider_schema import load_snapshot

from tfdrift.redaction.schema import _MORE, sensitive_members


def test_the_token_formats_are_fresh() -> None:
    """`make secrets` writes them after an update of detect-secrets."""
    assert token_formats.FILE.read_text(encoding="ascii") == token_formats.text()


def test_every_aws_attribute_that_is_written_by_hand_is_of_the_providers_schema() -> None:
    """A name that the provider does not have would hide nothing."""
    types = load_snapshot().types
    unknown = {
        f"{kind}.{path}"
        for kind, paths in _MORE.items()
        if kind.startswith("aws_")
        for path in paths
        if path.split(".")[0] not in types.get(kind, {})
    }
    assert unknown == set()


def test_the_schemas_know_what_their_states_do_not_mark() -> None:
    """One sensitive attribute of each provider whose list is generated."""
    assert sensitive_members("aws_db_instance") == {"password": {}, "password_wo": {}}
    assert "custom_domain_verification_id" in sensitive_members("azurerm_linux_web_app")
    assert "root_password" in sensitive_members("google_sql_database_instance")
    assert "data" in sensitive_members("kubernetes_secret_v1")
