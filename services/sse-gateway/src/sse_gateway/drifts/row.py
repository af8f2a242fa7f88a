"""A drift as lists filter and show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sse_gateway.access.scope import Scope
from tfdrift.events import DriftKind, DriftStatus
from tfdrift.records import DriftRecord
from tfdrift.severity import Severity


@dataclass(frozen=True, slots=True)
class Row:
    """A drift as lists filter and show it.

    Attributes:
        subject: the subject it is published on, which decides who may see it.
        names: the user name, ARN and principal id of whoever caused it, in folded case.
        body: the JSON that clients receive, as on the stream.
    """

    id: str
    subject: str
    timestamp: datetime
    status: DriftStatus
    severity: Severity
    workspace: str | None
    kind: DriftKind
    resource_type: str
    attribute: str | None
    names: tuple[str, ...]
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
    identity = drift.user_identity
    names = (identity.user_name, identity.arn, identity.principal_id) if identity is not None else ()
    return Row(
        id=drift.id,
        subject=str(drift.subject()),
        timestamp=drift.timestamp,
        status=drift.status,
        severity=drift.severity,
        workspace=drift.workspace,
        kind=drift.kind,
        resource_type=drift.resource_type.lower(),
        attribute=drift.attribute,
        names=tuple(name.casefold() for name in names if name),
        body=drift.encode(),
    )
