"""The people behind the drifts: who caused which, how many, and how."""

from __future__ import annotations

from collections.abc import Iterable

from sse_gateway.drifts.row import Row
from tfdrift.envelope import rfc3339
from tfdrift.events import DriftStatus


def people(rows: Iterable[Row]) -> list[dict[str, object]]:
    """Returns each person with their drifts, the person of the newest drift first.

    A person is whoever has the same user name; without one the same ARN, or else the same principal id.

    Args:
        rows: drifts, the newest first.
    """
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.person is not None:
            found.setdefault(row.person.casefold(), []).append(row)
    return [_person(members) for members in found.values()]


def _person(rows: list[Row]) -> dict[str, object]:
    newest = rows[0]
    identity = newest.identity
    is_open = sum(row.status is DriftStatus.OPEN for row in rows)
    return {
        "name": newest.person,
        "type": identity.type if identity is not None else None,
        "arn": identity.arn if identity is not None else None,
        "principal_id": identity.principal_id if identity is not None else None,
        "account_id": identity.account_id if identity is not None else None,
        "via": sorted({str(row.identity.via) for row in rows if row.identity is not None}),
        "open": is_open,
        "resolved": len(rows) - is_open,
        "severity": min((row.severity for row in rows), key=lambda severity: severity.rank),
        "first_seen": rfc3339(min(row.timestamp for row in rows)),
        "last_seen": rfc3339(newest.timestamp),
    }
