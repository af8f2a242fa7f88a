"""A name alone says whether a value is a secret."""

from __future__ import annotations

import pytest

from tfdrift.redaction.names import is_boot_script, is_secret_name

SECRET = """
    SECRET_KEY ENCRYPTION_KEY RAILS_MASTER_KEY SIGNING_KEY JWT_SIGNING_KEY SESSION_KEY HMAC_KEY SMTP_CREDENTIALS
    PGPASS DB_PW REDIS_AUTH BASIC_AUTH API_TOKENS CLIENT_SECRETS PASSWORD_OLD AZURE_STORAGE_KEY SALT SENTRY_DSN
    PGPASSWORD adminPassword administrator_login_password x-api-key OAuthToken spring.datasource.password dbPassword2
    TOKEN_VALUE primary_access_key secretAccessKey sessionToken master_user_password APPINSIGHTS_INSTRUMENTATIONKEY
    wp_auth_token
"""
NO_SECRET = """
    lock_token http_tokens client_token clientRequestToken nextToken partition_key hash_key range_key public_key
    kms_key_id kms_master_key_id key_name key_pair_name secret_arn secret_id token_id password_policy password_length
    minimum_password_length iam_auth auth authorization key value s3_key object_key sort_key routing_key
    access_token_validity_minutes require_password_reset passthrough_behavior compass bypass_policy author
"""


@pytest.mark.parametrize("name", SECRET.split())
def test_a_name_that_people_give_a_secret_is_known(name: str) -> None:
    """Case, separators, plurals and a number or a qualifier at the end do not matter."""
    assert is_secret_name(name)


@pytest.mark.parametrize("name", NO_SECRET.split())
def test_a_name_that_only_mentions_a_secret_is_none(name: str) -> None:
    """The last word says what a value is, and some tokens lock, page or count."""
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["user_data", "userData", "metadata_startup_script", "startup-script", "user-data", "on_start", "onStart"]
)
def test_boot_scripts_of_every_cloud_are_known(name: str) -> None:
    """Whatever a machine runs when it starts may contain a secret in any form."""
    assert is_boot_script(name, "#!/bin/sh")
    assert not is_boot_script(name, "da39a3ee5e6b4b0d3255bfef95601890afd80709")
