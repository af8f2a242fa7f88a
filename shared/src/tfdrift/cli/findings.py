"""Drifts as findings for other security tools: OCSF and SARIF. Nothing here does I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from tfdrift import __version__
from tfdrift.cli.render import Json, change, where, who

_NAME: Final = "TFDrift-Falco"

# OCSF 1.3.0, https://schema.ocsf.io/1.3.0/classes/detection_finding with the profile `cloud`.
_OCSF_VERSION: Final = "1.3.0"
_CATEGORY: Final = {"category_uid": 2, "category_name": "Findings"}
_CLASS: Final = 2004
_OCSF_SEVERITIES: Final = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_OCSF_CLOUDS: Final = {"aws": "AWS", "gcp": "GCP", "azure": "Azure"}
_CREATE, _UPDATE, _CLOSE = 1, 2, 3
_NEW, _SUPPRESSED, _RESOLVED = 1, 3, 4

# SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
_SARIF_LEVELS: Final = {"info": "note", "low": "note", "medium": "warning", "high": "error", "critical": "error"}
_SARIF_RULES: Final = {
    "modified": "A managed attribute was changed outside of Terraform.",
    "deleted": "A managed resource was deleted outside of Terraform.",
    "unmanaged": "A resource exists that no state has.",
    "unconfirmed": "A call claimed to be Terraform's, and no state confirmed it.",
}


def ocsf(drifts: Iterable[Json]) -> str:
    """Return a Detection Finding of OCSF for each drift, one JSON object a line."""
    return "".join(f"{json.dumps(_finding(drift), ensure_ascii=False)}\n" for drift in drifts)


def sarif(drifts: Iterable[Json]) -> str:
    """Return the open drifts as a SARIF log, whose artifacts are the states by the names of their workspaces."""
    driver = {
        "name": _NAME,
        "version": __version__,
        "rules": [{"id": kind, "shortDescription": {"text": text}} for kind, text in _SARIF_RULES.items()],
    }
    results = [_result(drift) for drift in drifts if drift["status"] == "open"]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return f"{json.dumps(log, ensure_ascii=False, indent=2)}\n"


def _finding(drift: Json) -> dict[str, Any]:
    is_open = drift["status"] == "open"
    activity = _CLOSE if not is_open else _CREATE if len(_history(drift)) <= 1 else _UPDATE
    ended = _SUPPRESSED if drift.get("resolution") == "dismissed" else _RESOLVED
    cloud = _OCSF_CLOUDS.get(str(drift["provider"]))
    finding: dict[str, Any] = {
        **_CATEGORY,
        "class_uid": _CLASS,
        "class_name": "Detection Finding",
        "activity_id": activity,
        "type_uid": _CLASS * 100 + activity,
        "time": _milliseconds(_history(drift)[-1]["timestamp"] if _history(drift) else drift["timestamp"]),
        "severity_id": _OCSF_SEVERITIES[drift["severity"]],
        "status_id": _NEW if is_open else ended,
        "message": f"{where(drift)} {change(drift)}",
        "metadata": {
            "version": _OCSF_VERSION,
            "product": {"name": _NAME, "vendor_name": _NAME, "version": __version__},
            **({"profiles": ["cloud"]} if cloud else {}),
        },
        "finding_info": {
            "uid": drift["id"],
            "title": f"{where(drift)} drifted",
            "desc": _SARIF_RULES[drift["kind"]],
            "types": [drift["kind"]],
            "created_time": _milliseconds(drift["detected_at"]),
        },
        "resources": [_without_empty(_resource(drift) | ({"region": drift.get("region")} if cloud else {}))],
        "evidences": [_evidence(drift)],
    }
    if cloud:
        account = {"account": {"uid": drift["account_id"]}} if drift.get("account_id") else {}
        finding["cloud"] = {"provider": cloud, **account, **_without_empty({"region": drift.get("region")})}
    return finding


def _resource(drift: Json) -> dict[str, Any]:
    return {
        "uid": drift.get("resource_id"),
        "name": where(drift),
        "type": drift["resource_type"],
        "data": {name: drift[name] for name in ("workspace", "attribute", "old_value", "new_value")},
    }


def _evidence(drift: Json) -> dict[str, Any]:
    identity = drift.get("user_identity") or {}
    user = _without_empty({"name": who(drift), "uid": identity.get("arn")})
    evidence: dict[str, Any] = {"actor": {"user": user}}
    if drift.get("event_name"):
        evidence["api"] = {"operation": drift["event_name"], "request": {"uid": str(drift["event_id"])}}
    if drift.get("source_ip"):
        evidence["src_endpoint"] = {"ip": drift["source_ip"]}
    return evidence


def _result(drift: Json) -> dict[str, Any]:
    return {
        "ruleId": drift["kind"],
        "level": _SARIF_LEVELS[drift["severity"]],
        "message": {"text": f"{where(drift)}: {change(drift)} by {who(drift)} at {drift['timestamp']}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": quote(drift.get("workspace") or "unmanaged")}},
                "logicalLocations": [{"fullyQualifiedName": where(drift), "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"driftId/v1": drift["id"]},
        "properties": {"severity": drift["severity"], "attribute": drift["attribute"]},
    }


def _history(drift: Json) -> Sequence[Json]:
    history: Sequence[Json] = drift.get("history") or ()
    return history


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


def _without_empty(members: Json) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
