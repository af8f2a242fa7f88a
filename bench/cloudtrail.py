"""CloudTrail records as the alerts that Falco's cloudtrail plugin makes of them, for reports over real logs.

Source: the plugin's documented fields (falcosecurity/plugins, plugins/cloudtrail/README.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def records(folder: Path) -> Iterator[Record]:
    """Every record of every log below a folder; a log is ``{"Records": [...]}`` or a list."""
    for path in sorted(folder.rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        yield from document["Records"] if isinstance(document, dict) else document


def alert(record: Record) -> bytes:
    """The alert of one record, as Falco's http_output posts it."""
    identity = record.get("userIdentity") or {}
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    session = identity.get("type") == "AssumedRole"
    arn = identity.get("arn") or ""
    source = record["eventSource"]
    fields = {
        "ct.id": record.get("eventID"),
        "ct.time": record["eventTime"],
        "ct.src": source,
        "ct.shortsrc": source.removesuffix(".amazonaws.com"),
        "ct.name": record["eventName"],
        "ct.error": record.get("errorCode"),
        "ct.user": issuer.get("userName") if session else identity.get("userName"),
        "ct.originaluser": arn.rpartition("/")[2] if session else identity.get("userName"),
        "ct.user.accountid": identity.get("accountId"),
        "ct.user.identitytype": identity.get("type"),
        "ct.user.principalid": identity.get("principalId"),
        "ct.user.arn": identity.get("arn"),
        "ct.region": record.get("awsRegion"),
        "ct.srcip": record.get("sourceIPAddress"),
        "ct.useragent": record.get("userAgent"),
        "ct.readonly": _flag(record.get("readOnly")),
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


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()
