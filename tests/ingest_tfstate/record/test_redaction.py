"""No secret leaves."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_tfstate.state.v4 import parse_state
from tests.ingest_tfstate.states import REDACTOR, Bucket, resource, state
from tfdrift.records import OVERSIZED_MEMBER, SENSITIVE_MEMBER
from tfdrift.redaction import MAX_DEPTH, Redactor, TooDeep
from tfdrift.redaction.names import is_secret_name
from tfdrift.redaction.redactor import MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES_BYTES
from tfdrift.redaction.texts import is_secret_text

SECRET = "hunter2-correct-horse"


PEM = f"-----BEGIN EC PRIVATE KEY-----\n{SECRET}\n-----END EC PRIVATE KEY-----\n".encode()
BLOCKS = {"connection_properties", "connection_string", "data", "kube_config", "set_sensitive"}


def attr(*steps: str | int) -> list[dict[str, Any]]:
    """A sensitive path as Terraform writes it: attributes by name, list indices and map keys with their type."""
    path: list[dict[str, Any]] = [{"type": "get_attr", "value": steps[0]}]
    for step in steps[1:]:
        kind = "number" if isinstance(step, int) else "string"
        path.append({"type": "index", "value": {"value": step, "type": kind}})
    return path


@pytest.mark.parametrize(
    ("attributes", "paths"),
    [
        ({"content": SECRET}, [attr("content")]),
        ({"environment": [{"variables": {"X": SECRET, "Y": "shown"}}]}, [attr("environment", 0, "variables", "X")]),
        ({"values": ["shown", SECRET]}, [attr("values", 1)]),
        ({"block": [{"name": SECRET}]}, [[*attr("block"), {"type": "index", "value": {"value": None}}]]),
        ({"block": [{"name": SECRET}]}, [[*attr("block"), {"type": "later", "value": "?"}]]),
        ({"anything": SECRET}, [[]]),
        ({"list": [SECRET]}, [attr("list", 7)]),
        ({"password": SECRET, "master_password": SECRET, "secret_string": SECRET}, []),
        ({"private_key_pem": SECRET, "auth_token": SECRET, "ses_smtp_password_v4": SECRET}, []),
        ({"user": [{"username": "shown", "password": SECRET}]}, []),
        ({"environment": [{"variables": {"DB_PASSWORD": SECRET}}]}, []),
        ({"tokens": {"token": [SECRET]}}, []),
        ({"configuration": {"OAuthToken": SECRET}}, []),
        ({"headers": {"x-api-key": SECRET}}, []),
        ({"environment_variable": [{"name": "DB_PASSWORD", "type": "PLAINTEXT", "value": SECRET}]}, []),
        ({"set": [{"name": "auth.password", "value": SECRET}]}, []),
        ({"containers": json.dumps([{"environment": [{"name": "API_TOKEN", "value": SECRET}]}])}, []),
        ({"settings": json.dumps({"db": {"password": SECRET}})}, []),
        ({"url": f"postgres://app:{SECRET}@db.example.com/app"}, []),
        ({"tags": {"url": f"redis://:{SECRET}@cache:6379/0"}}, []),
        ({"script": f"cat <<E\n-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\nE"}, []),
        ({"value": f"Server=tcp:x,1433;User ID=a;Password={SECRET};Encrypt=true"}, []),
        ({"value": f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={SECRET}=="}, []),
        ({"manifest": {"value": {"apiVersion": "v1", "kind": "Secret", "data": {"k": SECRET}}, "type": "x"}}, []),
        ({"object": {"apiVersion": "v1", "kind": "Secret", "stringData": {"k": SECRET}}}, []),
        ({"id": SECRET}, [attr("id")]),
        ({"kubeconfig_file": f"client-key-data: {base64.b64encode(PEM).decode()}"}, []),
        ({"certificate_data": base64.b64encode(PEM.replace(b"EC ", b"")).decode()}, []),
        ({"environment": [{"variables": {"HOOK": f"https://hooks.slack.com/services/T0/B0/{SECRET}"}}]}, []),
        ({"webhook": [{"uri": f"https://acme.webhook.office.com/webhookb2/{SECRET}"}]}, []),
        ({"alarm": f"https://discord.com/api/webhooks/1/{SECRET}"}, []),
        ({"package": f"https://a.blob.core.windows.net/a.zip?sv=2024-11-04&sig={SECRET}"}, []),
        ({"source": f"https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature={SECRET}"}, []),
        ({"endpoint": f"https://f.azurewebsites.net/api/run?code={SECRET}"}, []),
        (
            {"variables": {"GH": f"ghp_{SECRET}", "DEPLOY": f"glpat-{SECRET}", "SESSION": f"eyJhbGciOi.eyJ9.{SECRET}"}},
            [],
        ),
        (
            {"variables": {"PGPASSWORD": SECRET, "APPINSIGHTS_INSTRUMENTATIONKEY": SECRET, "SECRET_KEY_BASE": SECRET}},
            [],
        ),
        ({"user_data": f"#cloud-config\nchpasswd: {{list: ['root:{SECRET}']}}"}, []),
    ],
)
def test_a_secret_is_in_no_record(attributes: dict[str, Any], paths: list[Any]) -> None:
    """Marked paths and secret names are hashed at any depth; a path that leads nowhere hides more, not less."""
    made = resource("aws_thing.one", **{"id": "t-1", **attributes})
    made["instances"][0]["sensitive_attributes"] = paths
    bucket = Bucket()
    bucket.take(state(made))
    for text in (SECRET, base64.b64encode(PEM).decode(), base64.b64encode(PEM.replace(b"EC ", b"")).decode()):
        assert text not in bucket.records["aws_thing.one"].encode().decode()
    assert SENSITIVE_MEMBER in bucket.records["aws_thing.one"].encode().decode()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("aws_ssm_parameter", "value"),
        ("aws_vpn_connection", "customer_gateway_configuration"),
        ("aws_glue_connection", "connection_properties"),
        ("azuread_application_password", "value"),
        ("azurerm_storage_account", "primary_access_key"),
        ("azurerm_storage_account", "secondary_blob_connection_string"),
        ("azurerm_cosmosdb_account", "primary_key"),
        ("azurerm_linux_virtual_machine", "custom_data"),
        ("azurerm_kubernetes_cluster", "kube_config"),
        ("azurerm_linux_web_app", "connection_string"),
        ("google_service_account_key", "private_key"),
        ("google_sql_user", "password"),
        ("google_apikeys_key", "key_string"),
        ("random_password", "result"),
        ("tls_private_key", "private_key_openssh"),
        ("kubernetes_secret", "data"),
        ("helm_release", "set_sensitive"),
        ("github_actions_secret", "plaintext_value"),
        ("vault_kv_secret_v2", "data_json"),
        ("local_sensitive_file", "content"),
    ],
)
def test_a_providers_own_secrets_are_known_by_name_or_type(kind: str, name: str) -> None:
    """Terraform before 1.10 does not mark what only the provider's schema calls sensitive."""
    secret: Any = [{"value": SECRET}] if name in BLOCKS else SECRET
    bucket = Bucket()
    bucket.take(state(resource(f"{kind}.a", id="/db", type="SecureString", **{name: secret})))
    record = bucket.records[f"{kind}.a"]
    assert SECRET not in record.encode().decode()
    assert record.attributes["type"] == "SecureString"


def test_no_event_or_history_shows_a_secret_that_changes() -> None:
    """The change is seen through the hash; both sides are shown as sensitive."""
    bucket = Bucket()
    bucket.take(state(resource("aws_db_instance.a", id="a", password=SECRET)))
    (event,) = bucket.take(state(resource("aws_db_instance.a", id="a", password=SECRET + "2"), serial=2), 1)
    assert [(c.attribute, c.old_value, c.new_value) for c in event.changes] == [
        ("password", "(sensitive)", "(sensitive)")
    ]
    assert SECRET not in bucket.records["aws_db_instance.a"].encode().decode()
    assert bucket.take(state(resource("aws_db_instance.a", id="a", password=SECRET + "2"), serial=3), 2) == []


def test_a_value_that_becomes_sensitive_is_hidden_without_being_a_change() -> None:
    """A new mark rewrites the record with its history, and reports nothing, since the value is the same."""
    bucket = Bucket()
    bucket.take(state(resource("aws_thing.a", id="a", note=SECRET + "-of-old")))
    bucket.take(state(resource("aws_thing.a", id="a", note=SECRET)), 1)
    assert SECRET in bucket.records["aws_thing.a"].changes[0].before["note"]
    marked = resource("aws_thing.a", id="a", note=SECRET)
    marked["instances"][0]["sensitive_attributes"] = [attr("note")]
    assert bucket.take(state(marked, serial=2), 2) == []
    assert SECRET not in bucket.records["aws_thing.a"].encode().decode()


def test_outputs_and_private_blobs_are_not_even_read() -> None:
    """Neither is part of a resource, so no record can hold one."""
    outputs = {"root": {"value": SECRET, "type": "string", "sensitive": True}}
    bucket = Bucket()
    bucket.take(state(resource("aws_vpc.a", id="a"), outputs=outputs))
    assert "c2VjcmV0" not in bucket.records["aws_vpc.a"].encode().decode()
    assert SECRET not in repr(parse_state(state(outputs=outputs)))


@pytest.mark.parametrize("name", ["Password", "db_password", "API_TOKEN", "client_secret", "aws_secret_access_key"])
def test_names_of_secrets(name: str) -> None:
    """Case does not matter, nor what stands before."""
    assert is_secret_name(name)


def test_flags_ids_and_tags_with_secret_names_stay_readable() -> None:
    """What is no text, no secret or public by nature would only be lost to drift detection."""
    attributes = {
        "manage_master_user_password": True,
        "automount_service_account_token": "true",
        "password": None,
        "secret_arn": "arn:aws:x",
        "token_id": "t",
        "tags": {"token": "blue"},
        "user_data": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "policy": '{"Statement": [{"Condition": {"StringEquals": {"aws:RequestTag/token": "blue"}}}]}',
        "definition": '{"StartAt": "a", "States": {"a": {"Type": "Pass"}}}',
        "broken": '{"password": ',
        "clone_url": "ssh://git@github.com:22/a.git",
        "website": "https://example.com:8443/?mail=a@b",
        "prefix": "npm_cache",
        "module": "sk-learn.preprocessing.scaling",
        "slack": "https://hooks.slack.com/services",
        "page": "https://example.com/?keyword=a&tokens=3",
        "environment_variable": [{"name": "STAGE", "value": "blue"}],
        "manifest": {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "blue"}},
    }
    assert REDACTOR.redact("aws_thing", attributes) == attributes


@pytest.mark.parametrize(
    "text",
    [
        "a" * 400_000 + "=",
        ";" + " " * 400_000 + "=",
        "://" * 100_000 + "@",
        "://" + "a" * 400_000 + ".webhook",
        "://a" * 100_000,
        "eyJ" + "a" * 400_000 + ".",
        "?" * 400_000 + "=",
    ],
)
def test_looking_for_secrets_takes_time_in_proportion_to_the_text(text: str) -> None:
    """What looks like the begin of a secret at every character is not searched to its end from each."""
    start = time.process_time()
    assert not is_secret_text(text)
    assert time.process_time() - start < 5


def test_equal_values_have_equal_hashes_under_one_key_only() -> None:
    """The order of members does not matter, the key does."""
    one = REDACTOR.keyed_hash({"a": 1, "b": 2})
    assert one == REDACTOR.keyed_hash({"b": 2, "a": 1})
    assert one != Redactor(b"another").keyed_hash({"a": 1, "b": 2})


def test_a_very_large_value_is_hashed_whole() -> None:
    """An attribute over 32 KiB stays comparable and does not fill the bucket."""
    body = {"lines": ["x" * 100] * (MAX_ATTRIBUTE_BYTES // 100)}
    shown = REDACTOR.redact("aws_thing", {"body": body, "id": "a"})
    assert shown == {"body": {OVERSIZED_MEMBER: REDACTOR.keyed_hash(body)}, "id": "a"}


def test_many_large_values_fit_one_message() -> None:
    """The largest attributes are hashed until a record fits, with its history, into what NATS takes."""
    bucket = Bucket()
    for serial in range(1, 6):
        large = {f"a{n}": f"{serial}-{n}-" + "é" * (15 * 1024) for n in range(60)}
        bucket.take(state(resource("aws_thing.a", id="a", **large), serial=serial), serial)
        record = bucket.records["aws_thing.a"]
        assert len(json.dumps(record.attributes, ensure_ascii=False).encode()) < MAX_ATTRIBUTES_BYTES + 16 * 1024
        assert len(record.encode()) < 1000 * 1024
    assert record.changes


def test_bottomless_attributes_are_a_condition() -> None:
    """Nesting that no provider has is refused instead of exhausting the stack."""
    deep: Any = "x"
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(TooDeep):
        REDACTOR.redact("aws_thing", {"a": deep})
    with pytest.raises(TooDeep):
        REDACTOR.redact("kubernetes_secret", {"data": deep})


ATTRIBUTES = st.dictionaries(
    st.sampled_from(["id", "password", "tags", "block", "value"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "token"]), inner, max_size=3),
        max_leaves=6,
    ),
)


@given(ATTRIBUTES)
def test_redacting_twice_is_redacting_once(attributes: dict[str, Any]) -> None:
    """Records are redacted again when the marks change, so hashes must not be hashed."""
    once = REDACTOR.redact("aws_ssm_parameter", attributes)
    assert REDACTOR.redact("aws_ssm_parameter", once) == once
