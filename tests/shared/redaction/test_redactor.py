"""The attributes of a resource lose what names, schemas and texts show to be secret, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tfdrift.records import SENSITIVE_MEMBER
from tfdrift.redaction import Redactor, RulesError, parse_rules

SECRET = "hunter2-correct-horse"
REDACTOR = Redactor(b"a key for tests")


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("azurerm_resource_group_template_deployment", {"parameters_content": {"adminPassword": {"value": SECRET}}}),
        (
            "azurerm_resource_group_template_deployment",
            {"parameters_content": json.dumps({"adminPassword": {"value": SECRET}})},
        ),
        ("x", {"parameters": {"login": {"type": "securestring", "defaultValue": SECRET}}}),
        ("aws_ecs_task_definition", {"command": ["run", "--password", SECRET]}),
        ("aws_ecs_task_definition", {"command": ["run", f"--password={SECRET}"]}),
        ("aws_cloudformation_stack", {"parameters": [{"parameterKey": "DbPassword", "parameterValue": SECRET}]}),
        ("kubernetes_config_map", {"data": {"application.properties": f"db.password={SECRET}\n"}}),
        ("local_file", {"content": f"database:\n  password: {SECRET}\n"}),
        ("aws_ssm_document", {"content": f"mainSteps:\n  - inputs:\n      runCommand: [mysql -p{SECRET}]"}),
        ("google_compute_instance", {"metadata_startup_script": f"echo {SECRET}"}),
        ("google_compute_instance", {"metadata": {"startup-script": f"echo {SECRET}"}}),
        ("aws_sagemaker_notebook_instance_lifecycle_configuration", {"on_start": SECRET}),
        ("azurerm_linux_web_app", {"custom_domain_verification_id": SECRET}),
        ("aws_cloudfront_distribution", {"origin": [{"custom_header": [{"name": "x", "value": SECRET}]}]}),
        (
            "aws_cloudwatch_event_connection",
            {"auth_parameters": [{"api_key": [{"key": "x", "value": SECRET}], "basic": []}]},
        ),
        ("aws_instance", {"description": f"mongodb://app:{SECRET}@db", "tags": {"url": f"redis://:{SECRET}@cache"}}),
        ("google_storage_bucket_object", {"content": SECRET}),
    ],
)
def test_a_secret_is_hidden(kind: str, attributes: dict[str, Any]) -> None:
    """Wherever it is, it leaves as a keyed hash; redacting again changes nothing."""
    shown = REDACTOR.redact(kind, attributes)
    assert SECRET not in json.dumps(shown)
    assert SENSITIVE_MEMBER in json.dumps(shown)
    assert REDACTOR.redact(kind, shown) == shown


def test_nothing_else_is_hidden() -> None:
    """A lock token, a required token of metadata, an ARN under a secret's name and a tag stay readable."""
    attributes = {
        "lock_token": "5f2c0a1e-1111-2222-3333-444455556666",
        "metadata_options": [{"http_tokens": "required"}],
        "credentials": "arn:aws:iam::123456789012:role/gateway",
        "environment": [{"name": "DB_PASSWORD_ARN", "value": "arn:aws:ssm:x"}, {"name": "STAGE", "value": "blue"}],
        "command": ["run", "--verbose", "--token-ttl", "60"],
        "tags": {"token": "blue"},
        "tagSet": [{"key": "password", "value": "rotated"}],
        "password_policy": {"minimum_length": 14},
    }
    assert REDACTOR.redact("aws_wafv2_web_acl", attributes) == attributes


def test_an_operator_hides_names_and_patterns_of_his_own() -> None:
    """Names may have wildcards; a text with a pattern is hidden as a whole."""
    rules = parse_rules({"names": ["acme_*_code"], "patterns": [r"\bACME-\d{6}\b"]})
    shown = Redactor(b"key", rules).redact("x", {"acme_door_code": SECRET, "note": "see ACME-123456", "other": "a"})
    assert {name for name, value in shown.items() if isinstance(value, dict)} == {"acme_door_code", "note"}


@pytest.mark.parametrize("document", [[], {"name": ["a"]}, {"names": "a"}, {"names": [1]}, {"patterns": ["("]}])
def test_an_invalid_file_of_an_operator_is_refused(document: Any) -> None:
    """The message says what is allowed."""
    with pytest.raises(RulesError):
        parse_rules(document)
