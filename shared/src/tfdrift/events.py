"""The four payloads of the ledger, which are byte for byte the ``data:`` lines of the SSE stream.

The fields of the user's own SSE document come first in each model; times are RFC 3339 in UTC. The JSON
Schemas under ``docs/schemas`` are generated from these models by ``python -m tfdrift.schemas``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from tfdrift.envelope import rfc3339
from tfdrift.severity import Severity
from tfdrift.subjects import EventName, Provider, Subject, build

# A time without an offset would be taken for local time, so it is refused.
Timestamp = Annotated[
    AwareDatetime,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

# JSON of any shape. `Any` rather than a recursive union: a union costs five times the validation time.
Json = Any

SENSITIVE_DISPLAY = "(sensitive)"

# What stands in a call's request where the text of the request was truncated on its way.
TRUNCATED = "HIDDEN_DUE_TO_TRUNCATION"


class Payload(BaseModel):
    """A frozen payload; unknown fields of a newer writer are ignored, so that services can be upgraded one by one."""

    # Every field is written, null or not, so the schema promises every field.
    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_serialization_defaults_required=True)

    def encode(self) -> bytes:
        """Return compact UTF-8 JSON without line breaks (JSON escapes CR and LF)."""
        encoded: bytes = self.__pydantic_serializer__.to_json(self)
        return encoded


class Via(StrEnum):
    """The means by which a caller reached the cloud."""

    CONSOLE = "console"
    CLI = "cli"
    SDK = "sdk"
    TERRAFORM = "terraform"
    SERVICE = "service"
    UNKNOWN = "unknown"


class UserIdentity(Payload):
    """The caller of a cloud call.

    Attributes:
        type: the cloud's name for the kind of identity, such as ``AssumedRole``.
        user_name: the person where the cloud names one; for an assumed role this is the session, not the role.
        session_name: the session's name, where the identity is a session.
    """

    type: str | None = None
    user_name: str | None = None
    arn: str | None = None
    principal_id: str | None = None
    account_id: str | None = None
    session_name: str | None = None
    via: Via = Via.UNKNOWN


class Event(Payload):
    """A payload of the ledger, which knows its own subject."""

    event: ClassVar[EventName]

    def subject(self) -> Subject:
        """Return the subject on which the payload is published."""
        raise NotImplementedError


class CloudResource(Payload):
    """A resource that the cloud's audit log names beside a call."""

    arn: str | None = None
    type: str | None = None
    account_id: str | None = None


class FalcoEvent(Event):
    """One Falco alert of any source; the fields from ``event_id`` on are those of a cloud call."""

    event: ClassVar = EventName.FALCO

    severity: Severity
    rule: str
    output: str
    container_id: str | None
    priority: str
    source: str
    hostname: str | None
    tags: tuple[str, ...]
    timestamp: Timestamp
    uuid: str
    provider: Provider
    service: str | None = None
    event_id: str | None = None
    event_name: str | None = None
    account_id: str | None = None
    region: str | None = None
    user_identity: UserIdentity | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    error_code: str | None = None
    read_only: bool | None = None
    resources: tuple[CloudResource, ...] = ()
    output_fields: dict[str, Json] | None = None

    def subject(self) -> Subject:
        return build(self.event, self.severity, self.provider, self.service or self.source)


class DriftKind(StrEnum):
    """What disagrees: a value, an existence, or a claim that no state confirmed."""

    MODIFIED = "modified"
    DELETED = "deleted"
    UNMANAGED = "unmanaged"
    UNCONFIRMED = "unconfirmed"


class DriftStatus(StrEnum):
    """Whether cloud and state still disagree."""

    OPEN = "open"
    RESOLVED = "resolved"


class Resolution(StrEnum):
    """How a drift ended."""

    REVERTED = "reverted"
    APPLIED = "applied"
    ABSORBED = "absorbed"
    DESTROYED = "destroyed"
    DISMISSED = "dismissed"


class HistoryEntry(Payload):
    """One step in the history of a drift: a call that set a value, or a serial that recorded one."""

    timestamp: Timestamp
    status: DriftStatus
    resolution: Resolution | None = None
    old_value: Json = None
    new_value: Json = None
    user_identity: UserIdentity | None = None
    event_id: str | None = None
    event_name: str | None = None
    serial: int | None = None


class Dismissal(Payload):
    """Who dismissed a drift, why, until when and when.

    Attributes:
        by: the name of the token; None where the gateway needs none.
        until: when the drift opens again by itself; None is never.
    """

    by: str | None
    reason: str | None
    until: Timestamp | None
    at: Timestamp


class Drift(Event):
    """One attribute, or the existence, of one resource on which cloud and state disagree, and how that ended.

    Attributes:
        id: stays the same for an attribute, so that a client has one row for each drift.
        old_value: the state's value; a secret is ``(sensitive)``.
        new_value: the value that the call set; None with ``value_unknown`` where the cloud's log hides it.
        detail: a sentence that says what limits what is known, such as an alert that was shortened on its way; else
            None.
        attribute: a Terraform attribute path such as ``root_block_device[0].volume_size`` or ``tags.Env``;
            None for the existence, ``*`` for something that nobody can name.
        address: the Terraform resource address; None for a resource that is in no state.
        history: its steps, oldest first; of a very long history, the first step and the latest ones.
        dismissal: of a drift that somebody dismissed; None otherwise.
        history_omitted: how many steps are omitted behind the first.
    """

    event: ClassVar = EventName.DRIFT

    severity: Severity
    resource_type: str
    resource_id: str | None
    old_value: Json
    new_value: Json
    user_identity: UserIdentity | None
    timestamp: Timestamp
    id: str
    status: DriftStatus
    resolution: Resolution | None
    kind: DriftKind
    attribute: str | None
    address: str | None
    resource_name: str | None
    workspace: str | None
    provider: Provider
    account_id: str | None
    region: str | None
    event_id: str | None
    event_name: str | None
    source_ip: str | None
    user_agent: str | None
    matched_rules: tuple[str, ...]
    detected_at: Timestamp
    value_unknown: bool = False
    dismissal: Dismissal | None = None
    history: tuple[HistoryEntry, ...] = ()
    history_omitted: int = 0
    detail: str | None = None

    def subject(self) -> Subject:
        return build(self.event, self.severity, self.provider, self.resource_type)


class StateAction(StrEnum):
    """What a new serial did to a resource; ``observed`` reports a workspace that is seen for the first time."""

    CREATED = "created"
    MODIFIED = "modified"
    DELETED = "deleted"
    MOVED = "moved"
    OBSERVED = "observed"


class AttributeChange(Payload):
    """One attribute path between two serials; secrets are ``(sensitive)`` on both sides."""

    attribute: str
    old_value: Json
    new_value: Json


class StateChange(Event):
    """One resource between two serials of a state, or a workspace that is seen for the first time.

    Attributes:
        resource: the Terraform resource address; None when ``action`` is ``observed``.
        previous_address: the address that a moved resource had before.
        resource_count: how many managed resource instances the workspace has; only when observed.
    """

    event: ClassVar = EventName.STATE_CHANGE

    resource: str | None
    action: StateAction
    serial: int
    id: str
    lineage: str
    workspace: str
    resource_type: str | None
    resource_id: str | None
    provider: Provider
    changes: tuple[AttributeChange, ...] = ()
    terraform_version: str | None
    timestamp: Timestamp
    previous_address: str | None = None
    resource_count: int | None = None

    def subject(self) -> Subject:
        return build(self.event, Severity.INFO, self.provider, self.resource_type or "workspace")


class Actor(Payload):
    """The caller of a call that explains a state change; ``sanctioned`` for Terraform itself and listed principals."""

    user_identity: UserIdentity
    event_id: str
    event_name: str
    timestamp: Timestamp
    sanctioned: bool


class Attribution(Event):
    """The callers whose calls explain a state change."""

    event: ClassVar = EventName.ATTRIBUTION

    state_change_id: str
    resource: str
    serial: int
    workspace: str
    resource_type: str
    provider: Provider
    actors: tuple[Actor, ...]
    timestamp: Timestamp

    def subject(self) -> Subject:
        return build(self.event, Severity.INFO, self.provider, self.resource_type)


class CloudCall(Payload):
    """The cloud call behind a `FalcoEvent`, in the cloud's own terms; it travels in a header, for the detector.

    Attributes:
        event_source: the endpoint of the API, such as ``ec2.amazonaws.com``.
        event_type: CloudTrail's ``eventType``; ``AwsServiceEvent`` is an event of a service itself.
        request: ``requestParameters`` as parsed JSON.
        response: ``responseElements`` as parsed JSON.
        operation: an id that all entries of one operation share, where the log has several for it.
        incomplete: the call reached the pipeline without some of its request or response; a complete one of the
            same event id takes its place, and an incomplete one never takes that of a complete one.
        detail: a sentence that says what is missing and why; None for a complete call.
    """

    event_source: str
    event_type: str | None = None
    request: Json = None
    response: Json = None
    operation: str | None = None
    incomplete: bool = False
    detail: str | None = None


PAYLOADS: tuple[type[Event], ...] = (FalcoEvent, Drift, StateChange, Attribution)
