"""What one cloud call claims: the facts that the detector reasons about.

A `Call` claims in *groups*. Each group is one independent thing that the call did, and lists *alternative* targets, the
most specific first, because one cloud object may be one of several Terraform resources: a security group's rule is a
resource of its own, or an element of ``aws_security_group.ingress``. The state decides which alternative is meant.

Calls are stored in the bucket ``tfdrift_claims`` under their event id. No call replaces another, so the order in which
calls and states arrive cannot matter.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from tfdrift.events import Json, Timestamp, UserIdentity, Via
from tfdrift.subjects import Provider


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Act(StrEnum):
    """Says what a call did to a resource: changed, created or deleted it."""

    UPDATE = "update"
    CREATE = "create"
    DELETE = "delete"


class Verb(StrEnum):
    """Says how an operation changes an attribute: as a whole, or by elements of a set.

    An edit gives an element its new form, and does not say which one it was. What is restored is as the state records
    it, such as the options of what is switched off, or as an earlier version of a document was. What is kept is a
    version of a document that is not in force.
    """

    SET = "set"
    ADD = "add"
    REMOVE = "remove"
    EDIT = "edit"
    RESTORE = "restore"
    KEEP = "keep"


class Operation(_Fact):
    """A change that a call made to one attribute.

    Attributes:
        attribute: a Terraform attribute path: ``instance_type``, ``root_block_device[0].volume_size``, ``tags.Env``. An
            element of a list of blocks may be given by name (``container.app.image``); the record has its index. Or
            `SOMETHING` (`drift_detector.facts.attribute_paths`).
        value: the value for SET (None unsets), a list of elements for ADD and REMOVE, in the state's shape.
        unknown: the call changed the attribute, but the cloud's log hides to what.
        version: the version of a document that the value is, or that is restored.
        only_recorded: it claims nothing if the record has no such attribute: the provider would not record it.
    """

    attribute: str
    verb: Verb = Verb.SET
    value: Json = None
    unknown: bool = False
    only_recorded: bool = False
    version: str | None = None


class Target(_Fact):
    """A Terraform resource that a call may be about.

    Attributes:
        type: the resource type, or ``*`` for any type that has the identity.
        identity: the state attributes that name the resource, with the call's values, such as
            ``{"id": "sg-1"}`` or ``{"role": "app", "name": "inline"}``; the pseudo attribute ``@identity`` matches
            a resource's id, ARN or name alike.
        names: other names of the created resource in the response, for a creation.
    """

    type: str
    identity: dict[str, str]
    names: tuple[str, ...] = ()
    act: Act = Act.UPDATE
    operations: tuple[Operation, ...] = ()


class Part(StrEnum):
    """Says which entry of an operation a log entry is, if the log has several: the request, or its outcome."""

    ASKED = "asked"
    BEGUN = "begun"
    ENDED = "ended"
    FAILED = "failed"


class Sanction(StrEnum):
    """Says why a call may be expected to show up in a state."""

    TERRAFORM = "terraform"
    PRINCIPAL = "principal"


class Call(_Fact):
    """One cloud call that claims something.

    Attributes:
        occurred: when the cloud executed it.
        received: when the pipeline first saw it.
        sanction: set where Terraform itself, or a principal that the rules sanction, made the call.
        groups: what it did, each with its alternative targets, most specific first.
        operation: the id that the entries of one operation share, if the log has several
            (`drift_detector.resolve.long_running_operations`).
        part: which of those entries this is.
        incomplete: the call reached the pipeline without some of its request or response.
        detail: a sentence that says what is missing and why.
    """

    event_id: str
    event_name: str
    event_source: str
    occurred: Timestamp
    received: Timestamp
    provider: Provider
    account_id: str | None
    region: str | None
    user_identity: UserIdentity
    source_ip: str | None = None
    user_agent: str | None = None
    sanction: Sanction | None = None
    groups: tuple[tuple[Target, ...], ...]
    operation: str | None = None
    part: Part | None = None
    incomplete: bool = False
    detail: str | None = None

    @property
    def content(self) -> tuple[bool, int, int]:
        """How much the call says: of two alerts of one event, the one with more content counts.

        A complete one says more than an incomplete one; else the operations with a value count, then the targets.
        """
        targets = [target for group in self.groups for target in group]
        known = sum(not operation.unknown for target in targets for operation in target.operations)
        return (not self.incomplete, known, len(targets))

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """The place of the call in the one total order that every replica uses.

        It is the order of the cloud's clock, then that of arrival, since CloudTrail's times have only seconds.
        """
        return (self.occurred, self.received, self.event_id)

    @property
    def service(self) -> str | None:
        """The principal of the AWS service that called, such as ``autoscaling.amazonaws.com``; None for other callers.

        AWS writes it in place of the source address. A caller with an address is never a service, whatever its user
        agent says (`ingest_falco.clouds.aws.via`).
        """
        if self.user_identity.via is not Via.SERVICE:
            return None
        named = (self.source_ip, self.user_agent, self.user_identity.user_name)
        return next((name for name in named if name and name.endswith(".amazonaws.com")), None)
