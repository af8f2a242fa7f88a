"""Reports: what people read, and what other tools take in."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from tests.shared.cli.test_render import drift as plain_drift
from tfdrift.cli.findings import ocsf, sarif
from tfdrift.cli.render import explanation
from tfdrift.cli.report import comma_separated, html, markdown

DISMISSED = {"status": "resolved", "resolution": "dismissed"}


def drift(**changed: Any) -> dict[str, Any]:
    """A drift with all that a report reads."""
    more = {
        "provider": "aws",
        "account_id": "123456789012",
        "region": "eu-central-1",
        "event_id": "e1",
        "event_name": "ModifyInstanceAttribute",
        "source_ip": "203.0.113.7",
        "matched_rules": ["sizes"],
        "history": [{"timestamp": "2026-11-23T22:24:41.000000Z", "status": "open"}],
    }
    return plain_drift(**more | changed)


def test_markdown_counts_and_lists() -> None:
    """Open ones by severity, ended ones by how they ended."""
    text = markdown([drift(), drift(id="d2", severity="low"), drift(id="d3", **DISMISSED)], "Drifts")
    assert "2 open: 1 high, 1 low. 1 ended: 1 dismissed." in text
    rows = [line for line in text.split("\n") if line.startswith("| high")]
    assert rows[0] == (
        '| high | open | prod | aws\\_instance.web | instance\\_type: "t3.micro" → "m5.large" | jane '
        "| 2026-11-23T22:24:41 | d1 |"
    )
    assert markdown([], "Drifts") == "# Drifts\n\nNo drift.\n"


EVIL = "<script>alert(1)</script>|`[x](http://evil.example)\n# heading"


def test_what_somebody_named_is_never_markup() -> None:
    """A tag of a cloud resource may contain anything."""
    evil = drift(address=EVIL, workspace="a|b")
    text = markdown([evil], "Drifts")
    assert "<script>" not in text
    assert "[x](" not in text
    assert "\n# heading" not in text
    assert len([line for line in text.split("\n") if line.startswith("| ")]) == 3

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, _: object) -> None:
            tags.append(tag)

    tags: list[str] = []
    Tags().feed(html([evil], EVIL))
    assert "script" not in tags
    assert tags.count("td") == 8


def test_csv_is_read_back_and_starts_no_formula() -> None:
    """Values are JSON where they are no text; a leading = would run in a spreadsheet."""
    text = comma_separated([drift(new_value=["a", 1], user_identity={"user_name": "=cmd()", "via": "cli"})])
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["id"], row["old_value"], row["new_value"], row["via"]) == ("d1", "t3.micro", '["a", 1]', "cli")
    assert row["by"] == "'=cmd()"


@pytest.mark.parametrize(
    ("changed", "activity", "status"),
    [({}, 1, 1), (DISMISSED, 3, 3), ({"status": "resolved", "resolution": "reverted"}, 3, 4)],
)
@pytest.mark.parametrize("provider", ["aws", "kubernetes"])
def test_a_finding_is_valid_ocsf(changed: dict[str, Any], activity: int, status: int, provider: str) -> None:
    """By the schema of its class, with the cloud's profile where there is a cloud."""
    finding = json.loads(ocsf([drift(provider=provider, **changed)]))
    assert (finding["activity_id"], finding["status_id"], finding["severity_id"]) == (activity, status, 4)
    profiles = finding["metadata"].get("profiles", [])
    assert profiles == (["cloud"] if provider == "aws" else [])
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.3.0")).get_class_schema("detection_finding", profiles=profiles)
    jsonschema_rs.validate(schema, finding)


def test_sarif_has_the_open_drifts() -> None:
    """Each with its rule, level and fingerprint, so that a tool knows it again."""
    log = json.loads(sarif([drift(workspace="eu/net 1"), drift(id="d2", **DISMISSED)]))
    (run,) = log["runs"]
    (result,) = run["results"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} >= {result["ruleId"]}
    assert result["level"] == "error"
    assert result["partialFingerprints"] == {"driftId/v1": "d1"}
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "eu/net%201"
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "aws_instance.web"


def test_an_explanation_says_both_sides_and_the_rule() -> None:
    """And what limits what is known."""
    text = "\n".join(explanation(drift(detail="the alert was shortened on its way")))
    for part in (
        'instance_type = "t3.micro"',
        "ModifyInstanceAttribute (e1) of jane",
        '"m5.large"',
        "sizes",
        "shortened",
    ):
        assert part in text
    assert "it is open" in text
    assert "dismissed it" in "\n".join(explanation(drift(**DISMISSED)))
    assert "that no state has" in "\n".join(explanation(drift(attribute=None, kind="unmanaged")))
