"""The files of deploy/falco against Falco's own schemas and the plugins' field lists."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from ingest_falco.clouds.sources import missing_fields
from tfdrift.subjects import Provider

FACTS = Path(__file__).parent / "facts"
DEPLOY = Path(__file__).parents[2] / "deploy" / "falco"
CONFIGS = sorted(DEPLOY.glob("falco.*.yaml"))
RULES = sorted(DEPLOY.glob("*_rules.yaml"))
VALUES = DEPLOY / "values.falco.yaml"
PLUGIN_OF_SOURCE = {"aws_cloudtrail": "cloudtrail", "gcp_auditlog": "gcpaudit", "k8s_audit": "k8saudit"}


def fact(name: str) -> Any:
    return json.loads((FACTS / f"{name}.json").read_bytes())


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_bytes())


def merged(paths: list[Path]) -> dict[str, Any]:
    """The configuration of several files of config.d, as Falco 0.41 and newer merges them."""
    found: dict[str, Any] = {"load_plugins": ["container"], "plugins": [{"name": "container"}]}
    for path in paths:
        for name, value in loaded(path).items():
            found[name] = [*found.get(name, []), *value] if isinstance(value, list) else value
    return found


def fields_of(source: str) -> set[str]:
    """The fields that a rule of a source may name: its plugin's and the json plugin's."""
    fields = fact("plugin_fields")
    return {*fields[PLUGIN_OF_SOURCE[source]], *fields["json"]}


def used(text: str) -> set[str]:
    """The fields in a condition or an output."""
    return set(re.findall(r"\b(?:ct|gcp|ka|json|jevt)\.[a-z][\w.]*\w", text))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_a_configuration_follows_falcos_schema(path: Path) -> None:
    """Falco warns of a key that it does not know."""
    jsonschema_rs.validate(fact("config_schema"), loaded(path))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_follow_falcos_schema(path: Path) -> None:
    """And say which Falco and which plugins they need."""
    rules = loaded(path)
    jsonschema_rs.validate(fact("rules_schema"), rules)
    assert any("required_engine_version" in item for item in rules)
    assert any("required_plugin_versions" in item for item in rules)


def test_the_schemas_refuse_what_falco_refuses() -> None:
    """Else the tests above would prove nothing."""
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(fact("config_schema"), {"no_such_key": 1})
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(fact("rules_schema"), [{"rule": "x", "no_such_key": 1}])


def test_all_files_together_load_each_plugin_once() -> None:
    """Lists are appended, and a plugin that is loaded twice stops Falco."""
    config = merged(CONFIGS)
    assert Counter(config["load_plugins"]).most_common(1)[0][1] == 1
    assert set(config["load_plugins"]) == {plugin["name"] for plugin in config["plugins"]}
    assert {"json", "cloudtrail", "gcpaudit", "k8saudit"} <= set(config["load_plugins"])


@pytest.mark.parametrize("path", [*CONFIGS, VALUES], ids=lambda path: path.name)
def test_no_file_names_the_rules_folder(path: Path) -> None:
    """falco.yaml does; rules that are read twice stop Falco."""
    assert "rules_files" not in path.read_text()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_appended_field_exists(path: Path) -> None:
    """An unknown field stops Falco."""
    for entry in loaded(path).get("append_output", []):
        names = {re.sub(r"\[.*\]$", "", field) for field in entry["extra_fields"]}
        assert names <= fields_of(entry["match"]["source"])


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_every_field_of_a_rule_exists(path: Path) -> None:
    """In its condition and its output."""
    for rule in (item for item in loaded(path) if "rule" in item):
        names = used(rule["condition"]) | used(rule["output"])
        assert names
        assert names <= fields_of(rule["source"])


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_the_appended_fields_are_all_that_a_call_needs(path: Path) -> None:
    """No alert of these files is reported as lacking one."""
    providers = {"aws_cloudtrail": Provider.AWS, "gcp_auditlog": Provider.GCP, "k8s_audit": Provider.KUBERNETES}
    for entry in loaded(path).get("append_output", []):
        source = entry["match"]["source"]
        assert missing_fields(providers[source], source, dict.fromkeys(entry["extra_fields"], "x")) == ()


def test_a_console_session_is_read_from_the_json_plugin() -> None:
    """The cloudtrail plugin's own field is wrong for every real one."""
    (entry,) = loaded(DEPLOY / "falco.cloudtrail.yaml")["append_output"]
    assert "json.value[/sessionCredentialFromConsole]" in entry["extra_fields"]
    assert "ct.sessioncredentialfromconsole" not in entry["extra_fields"]


def test_the_chart_has_what_the_files_have() -> None:
    """The same fields, plugins and outputs."""
    falco, files = loaded(VALUES)["falco"], merged([DEPLOY / "falco.cloudtrail.yaml", DEPLOY / "falco.tfdrift.yaml"])
    jsonschema_rs.validate(fact("config_schema"), falco)
    assert falco["append_output"] == files["append_output"]
    assert set(falco["load_plugins"]) == set(files["load_plugins"]) - {"container"}
    for name in ("http_output", "json_output", "json_include_output_fields_property"):
        assert falco[name] == files[name]


def test_calls_without_the_field_read_only_are_sent() -> None:
    """`= "false"` and `!= "true"` pass over them."""
    (rule,) = (item for item in loaded(DEPLOY / "tfdrift_cloudtrail_rules.yaml") if "rule" in item)
    assert 'not ct.readonly = "true"' in rule["condition"]
