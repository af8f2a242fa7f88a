"""Decides by its name whether an attribute, a map key, a parameter or a variable is a secret.

A name is split into words (``dbPassword``, ``DB-PASSWORD`` and ``db_password`` are the same) and judged by its end. The
last word says what a value is: ``db_password`` is a password, ``password_policy`` a policy.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final


def word_set(text: str) -> frozenset[str]:
    """Returns the words of a text that are separated by spaces."""
    return frozenset(text.split())


# A name that ends in one of these is a secret.
_SECRETS: Final = word_set(
    "apikey apikeys authtoken connectionstring credential credentials cred creds dsn kubeconfig pass passphrase "
    "passphrases passwd passwds password passwords pgpass psk pw pwd pwds salt salts secret secrets token tokens"
)
# The same, where the words are written together: ``mysqlpassword``.
_ENDINGS: Final = (
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "authtoken",
    "dbpass",
    "instrumentationkey",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "userpass",
)
# A key is a secret if one of these stands before it; a partition key or a public key is none.
_KEYS: Final = word_set(
    "access account admin aes api app application auth authorization bootstrap cipher client cookie crypt customer "
    "data decrypt decryption deploy encrypt encrypted encryption function host hmac ingestion instrumentation jwt "
    "license mac machine master preshared primary private query raw registration root rsa sas secondary secret "
    "service session shared sign signature signing ssh ssl storage subscription symmetric tls token webhook workspace"
)
# What gives access is a secret if one of these stands before it: ``REDIS_AUTH``.
_AUTHS: Final = word_set(
    "basic broker cache db digest docker http https influx kafka ldap memcached mongo mongodb mqtt mysql npm pg "
    "postgres proxy rabbitmq redis registry sasl smtp"
)
# Words after a secret's name that do not change what it is: ``password_old``, ``token_value``, ``secret_2``.
_QUALIFIERS: Final = word_set(
    "a b b64 b64url base base64 binary content current data default encoded hash hashed new next old openssh pem "
    "pkcs8 plain plaintext prev previous raw staging string temp temporary text tmp value values wo"
)
_NUMBER: Final = re.compile(r"v?\d+")
# Names that end like a secret's and are none: they lock, page or count.
_NONE_OF_THEM: Final = word_set(
    "change_token client_request_token client_token continuation_token creation_token http_tokens idempotency_token "
    "lock_token max_token max_tokens min_tokens next_page_token next_token page_token pagination_token request_token "
    "resume_token sequence_token sync_token total_tokens update_token upload_sequence_token version_token"
)
# Names that the words do not tell, from the schemas of many providers.
_NAMES: Final = word_set(
    "account_key_pem auth_string bcrypt_hash certificate_p12 certificate_wallet client_certificate connection_string "
    "connection_string_alias connection_strings custom_data encrypted_value express_route_authorization_key "
    "extension_key extension_key1 extension_key2 host_key_body key_material key_material_base64 key_string key_value "
    "kube_admin_config kube_admin_config_raw kube_config kube_config_raw luis_key password_data pfx_blob plaintext "
    "plaintext_value platform_credential platform_principal primary_connection_string primary_readonly_key "
    "protected_parameters protected_settings rsa_encrypted_key sas_uri sas_url secondary_connection_string "
    "secondary_readonly_key secret_key_base send_key sensitive_content sensitive_query_string service_json "
    "service_principal_key shared_access_policy_key shared_access_signature token_key_id value_encrypted"
)
_NAME_ENDINGS: Final = ("_connection_string", "_connection_string_alias", "_sas_url", "_send_key_value")
_BOOT_SCRIPTS: Final = word_set(
    "cloud_config cloud_init metadata_startup_script on_create on_start shutdown_script startup_script "
    "sysprep_specialize_script_cmd sysprep_specialize_script_ps1 user_data user_data_base64 "
    "windows_startup_script_bat windows_startup_script_cmd windows_startup_script_ps1"
)
_SHA_1: Final = re.compile(r"[0-9a-f]{40}")
_WORD_STARTS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


def words_of(name: str) -> list[str]:
    """Returns the words of a name in lower case: ``dbPassword`` and ``DB-PASSWORD`` are ``db``, ``password``."""
    return [word for word in _WORD_STARTS.sub("_", name).lower().split("_") if word]


# A state has many resources and few attribute names.
@lru_cache(maxsize=16384)
def is_secret_name(name: str) -> bool:
    """Returns whether a text under this name is a secret, by the name alone."""
    if len(name) > _LONGEST_NAME:
        return False
    words = words_of(name)
    joined = "_".join(words)
    if joined in _NONE_OF_THEM:
        return False
    if joined in _NAMES or joined.endswith(_NAME_ENDINGS):
        return True
    while len(words) > 1 and (words[-1] in _QUALIFIERS or _NUMBER.fullmatch(words[-1])):
        words.pop()
    return bool(words) and "_".join(words) not in _NONE_OF_THEM and _is_secret(words)


_LONGEST_NAME: Final = 256


def _is_secret(words: list[str]) -> bool:
    last, before = words[-1].rstrip("0123456789"), words[-2] if len(words) > 1 else ""
    if last in _SECRETS or last.endswith(_ENDINGS):
        return True
    if last in ("key", "keys"):
        return before in _KEYS
    if last == "string":
        return before == "connection"
    return last == "auth" and before in _AUTHS


@lru_cache(maxsize=16384)
def _names_boot_script(name: str) -> bool:
    return "_".join(words_of(name)) in _BOOT_SCRIPTS


def is_boot_script(name: str, text: str = "") -> bool:
    """Returns whether a text under this name is run by a machine when it starts, and so may contain anything.

    AWS removes such scripts from CloudTrail. Version 5 and earlier of its provider store a SHA-1 of them, which is no
    secret.
    """
    return _names_boot_script(name) and (not text or _SHA_1.fullmatch(text) is None)
