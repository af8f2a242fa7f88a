"""Turns CloudTrail records into the alerts that Falco's cloudtrail plugin sends, for reports over real logs.

Source: the plugin's documented fields (falcosecurity/plugins, plugins/cloudtrail/README.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def records(folder: Path) -> Iterator[Record]:
    """Yields every record of every log below a folder; a log is ``{"Records": [...]}`` or a list."""
    for path in sorted(folder.rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        yield from document["Records"] if isinstance(document, dict) else document


def alert(record: Record) -> bytes:
    """Returns the alert of one record, as Falco's http_output posts it."""
    identity = record.get("userIdentity") or {}
    source = record["eventSource"]
    fields = {
        "ct.id": record.get("eventID"),
        "ct.time": record["eventTime"],
        "ct.src": source,
        "ct.shortsrc": source.removesuffix(".amazonaws.com"),
        "ct.name": record["eventName"],
        "ct.error": record.get("errorCode"),
        "ct.user": _user(identity),
        "ct.originaluser": _original_user(identity),
        "ct.user.accountid": identity.get("accountId", record.get("recipientAccountId")),
        "ct.user.identitytype": identity.get("type"),
        "ct.user.principalid": identity.get("principalId"),
        "ct.user.arn": identity.get("arn"),
        "ct.region": record.get("awsRegion"),
        "ct.srcip": record.get("sourceIPAddress"),
        "ct.useragent": record.get("userAgent"),
        "ct.readonly": _flag(record.get("readOnly")),
        "ct.sessioncredentialfromconsole": _flag(record.get("sessionCredentialFromConsole")),
        "ct.eventtype": record.get("eventType"),
        "ct.recipientaccountid": record.get("recipientAccountId"),
        "ct.request": json.dumps(record.get("requestParameters")),
        "ct.response": json.dumps(record.get("responseElements")),
        "ct.resources": ",".join(json.dumps(one) for one in record.get("resources") or []) or None,
    }
    return json.dumps(
        {
            "rule": "AWS infrastructure changed",
            "priority": "Notice",
            "source": "aws_cloudtrail",
            "output": record["eventName"],
            "time": record["eventTime"],
            "output_fields": fields,
        }
    ).encode()


def _user(identity: Record) -> str | None:
    """Returns the plugin's ``ct.user``: the name of a role, and for some types only the type."""
    kind = identity.get("type")
    if kind == "AssumedRole":
        issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
        return issuer.get("userName", kind)
    names = {"Root": "userName", "IAMUser": "userName", "AWSService": "invokedBy"}
    return identity.get(names[kind]) if kind in names else kind if kind in ("AWSAccount", "FederatedUser") else None


def _original_user(identity: Record) -> str | None:
    """Returns the plugin's ``ct.originaluser``: the session name of a role, from its ARN or else its principal id."""
    if identity.get("type") != "AssumedRole":
        return identity.get("userName")
    for text, separator, parts in ((identity.get("arn"), "/", 3), (identity.get("principalId"), ":", 2)):
        found = (text or "").split(separator)
        if len(found) == parts:
            return found[-1]
    return None


def _flag(value: bool | str | None) -> str | None:
    return None if value is None else str(value).lower()
