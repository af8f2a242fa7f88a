"""The facts that the detector reasons about: what cloud calls claim.

A `Call` is what one cloud call says of Terraform resources. It says so in *groups*, each one independent thing that
the call did; a group lists *alternative* targets, most specific first, because the same cloud thing has several homes
in Terraform (a security group's rule may be a resource of its own or an element of ``aws_security_group.ingress``).
Which alternative is meant, the state decides.

Calls are kept in the bucket ``tfdrift_claims`` under their event id: a set that only grows, so that the order in
which calls and states arrive cannot matter.
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
    """What a call did to a resource's existence."""

    UPDATE = "update"
    CREATE = "create"
    DELETE = "delete"


class Verb(StrEnum):
    """How an operation changes an attribute: as a whole, or by elements of a set."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"


class Operation(_Fact):
    """What a call says of one attribute.

    Attributes:
        attribute: a Terraform attribute path: ``instance_type``, ``root_block_device[0].volume_size``, ``tags.Env``. An
            element of a list of blocks may stand under its name (``container.app.image``); the record tells its place.
        value: the value for SET (None unsets), a list of elements for ADD and REMOVE, in the state's shape.
        unknown: the call changed the attribute, but the cloud's log hides to what.
        only_recorded: it says nothing where a record has no such attribute, since the provider would not record it.
    """

    attribute: str
    verb: Verb = Verb.SET
    value: Json = None
    unknown: bool = False
    only_recorded: bool = False


class Target(_Fact):
    """A Terraform resource that a call may be about.

    Attributes:
        type: the resource type, or ``*`` for any type that has the identity.
        identity: the state attributes that name the resource, with the values that the call gives, such as
            ``{"id": "sg-1"}`` or ``{"role": "app", "name": "inline"}``; the pseudo attribute ``@identity`` matches
            a resource's id, ARN or name alike.
        names: of a creation, what else its answer calls the thing that it made.
    """

    type: str
    identity: dict[str, str]
    names: tuple[str, ...] = ()
    act: Act = Act.UPDATE
    operations: tuple[Operation, ...] = ()


class Part(StrEnum):
    """Which of the several entries that a log has of one operation: what was asked for, then what became of it."""

    ASKED = "asked"
    BEGUN = "begun"
    ENDED = "ended"
    FAILED = "failed"


class Sanction(StrEnum):
    """Why a call may be expected to show up in a state."""

    TERRAFORM = "terraform"
    PRINCIPAL = "principal"


class Call(_Fact):
    """One cloud call that claims something.

    Attributes:
        occurred: when the cloud executed it.
        received: when the pipeline first saw it.
        sanction: set where Terraform itself, or a principal that the rules sanction, made the call.
        groups: the independent things it did, each with its alternative targets, most specific first.
        operation: what the entries of one operation share, where this is one of several
            (`drift_detector.resolve.long_running_operations`).
        part: which of them this is.
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

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """Calls have one total order, the same for every replica.

        It is that of the cloud's clock; within one second, which is all that CloudTrail tells, that of their arrival.
        """
        return (self.occurred, self.received, self.event_id)

    @property
    def service(self) -> str | None:
        """The principal of the AWS service that called, such as ``autoscaling.amazonaws.com``; None for all others.

        AWS writes it where an address would be; a caller with an address of its own is never a service, whatever its
        agent says (`ingest_falco.clouds.aws.via`).
        """
        if self.user_identity.via is not Via.SERVICE:
            return None
        named = (self.source_ip, self.user_agent, self.user_identity.user_name)
        return next((name for name in named if name and name.endswith(".amazonaws.com")), None)
