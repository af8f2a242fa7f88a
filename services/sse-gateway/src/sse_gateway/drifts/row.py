"""A drift as lists filter, sort and show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sse_gateway.access.scope import Scope
from tfdrift.events import Drift, DriftKind, DriftStatus, Resolution, UserIdentity
from tfdrift.records import DriftRecord
from tfdrift.severity import Severity
from tfdrift.subjects import Provider


@dataclass(frozen=True, slots=True)
class Row:
    """A drift as lists filter, sort and show it.

    Attributes:
        subject: the subject it is published on, which decides who may see it.
        identity: whoever caused it.
        person: their name as lists show it: the user name, else the ARN, else the principal id.
        names: all three in folded case.
        resources: the Terraform address and the cloud's id in folded case.
        text: everything that a search looks at, in folded case.
        until: when its dismissal expires; None if it is not dismissed, or for good.
        body: the JSON that clients receive, as on the stream.
    """

    id: str
    subject: str
    timestamp: datetime
    status: DriftStatus
    resolution: Resolution | None
    severity: Severity
    workspace: str | None
    provider: Provider
    account: str | None
    region: str | None
    kind: DriftKind
    resource_type: str
    resource: str | None
    attribute: str | None
    event_id: str | None
    identity: UserIdentity | None
    person: str | None
    names: frozenset[str]
    resources: frozenset[str]
    text: str
    until: datetime | None
    body: bytes

    @property
    def order(self) -> tuple[datetime, str]:
        """Its place in the list, the oldest first."""
        return (self.timestamp, self.id)

    def visible(self, scope: Scope) -> bool:
        """Whether a token of that scope may see it."""
        return scope.allows(self.subject, self.workspace)


def row_of(value: bytes) -> Row:
    """Returns the row of a `DriftRecord` in JSON.

    Raises:
        ValueError: the value is not a record.
    """
    drift = DriftRecord.model_validate_json(value).drift
    names = person_names(drift)
    return Row(
        id=drift.id,
        subject=str(drift.subject()),
        timestamp=drift.timestamp,
        status=drift.status,
        resolution=drift.resolution,
        severity=drift.severity,
        workspace=drift.workspace,
        provider=drift.provider,
        account=drift.account_id,
        region=drift.region,
        kind=drift.kind,
        resource_type=drift.resource_type.lower(),
        resource=drift.address or drift.resource_id,
        attribute=drift.attribute,
        event_id=drift.event_id,
        identity=drift.user_identity,
        person=names[0] if names else None,
        names=frozenset(name.casefold() for name in names),
        resources=frozenset(text.casefold() for text in (drift.address, drift.resource_id) if text),
        text=_searched(drift, names),
        until=drift.dismissal.until if drift.dismissal is not None else None,
        body=drift.encode(),
    )


def person_names(drift: Drift) -> list[str]:
    """Returns the user name, ARN and principal id of whoever caused a drift, as far as they are known."""
    identity = drift.user_identity
    names = (identity.user_name, identity.arn, identity.principal_id) if identity is not None else ()
    return [name for name in names if name]


def _searched(drift: Drift, names: list[str]) -> str:
    texts = (
        *(drift.address, drift.resource_id, drift.resource_type, drift.attribute, drift.workspace, drift.kind),
        *(drift.event_name, drift.event_id, drift.source_ip, drift.account_id, drift.region, drift.severity),
        *names,
        *drift.matched_rules,
    )
    return "\n".join(text for text in texts if text).casefold()
