"""One payload of each model with every field in use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from tfdrift.events import (
    Actor,
    AttributeChange,
    Attribution,
    CloudResource,
    Drift,
    DriftKind,
    DriftStatus,
    Event,
    FalcoEvent,
    HistoryEntry,
    Json,
    Resolution,
    StateAction,
    StateChange,
    UserIdentity,
    Via,
)
from tfdrift.severity import Severity
from tfdrift.subjects import Provider

MOMENT: Final = datetime(2025, 1, 15, 10, 0, tzinfo=UTC)
JOHN: Final = UserIdentity(
    type="AssumedRole",
    user_name="john.doe",
    arn="arn:aws:sts::123456789012:assumed-role/Admin/john.doe",
    principal_id="AROA:john.doe",
    account_id="123456789012",
    session_name="john.doe",
    via=Via.CONSOLE,
)


def drift(old_value: Json = "t3.micro", new_value: Json = "t3.large") -> Drift:
    """A resolved drift with these values."""
    return Drift(
        severity=Severity.HIGH,
        resource_type="aws_instance",
        resource_id="i-0abc",
        old_value=old_value,
        new_value=new_value,
        user_identity=JOHN,
        timestamp=MOMENT,
        id="d1",
        status=DriftStatus.RESOLVED,
        resolution=Resolution.REVERTED,
        kind=DriftKind.MODIFIED,
        attribute="instance_type",
        address='module.web["a"].aws_instance.app[0]',
        resource_name="app",
        workspace="eu/prod",
        provider=Provider.AWS,
        account_id="123456789012",
        region="eu-west-1",
        event_id="e1",
        event_name="ModifyInstanceAttribute",
        source_ip="198.51.100.7",
        user_agent="console.amazonaws.com",
        matched_rules=("instance type",),
        detected_at=MOMENT,
        history=(
            HistoryEntry(timestamp=MOMENT, status=DriftStatus.OPEN, new_value=new_value, user_identity=JOHN, serial=7),
        ),
    )


def falco(output: str = "who did what", output_fields: dict[str, Json] | None = None) -> FalcoEvent:
    """An alert about a cloud call."""
    return FalcoEvent(
        severity=Severity.CRITICAL,
        rule="Instance changed",
        output=output,
        container_id=None,
        priority="Critical",
        source="aws_cloudtrail",
        hostname="falco-1",
        tags=("aws",),
        timestamp=MOMENT,
        uuid="u1",
        provider=Provider.AWS,
        service="ec2",
        event_id="e1",
        event_name="ModifyInstanceAttribute",
        account_id="123456789012",
        region="eu-west-1",
        user_identity=JOHN,
        source_ip="198.51.100.7",
        user_agent="aws-cli/2",
        error_code=None,
        read_only=False,
        resources=(CloudResource(arn="arn:aws:ec2:::i-0abc", type="AWS::EC2::Instance", account_id="123456789012"),),
        output_fields=output_fields,
    )


STATE_CHANGE: Final = StateChange(
    resource="aws_iam_policy.example",
    action=StateAction.MODIFIED,
    serial=43,
    id="s1",
    lineage="l1",
    workspace="prod",
    resource_type="aws_iam_policy",
    resource_id="arn:aws:iam::123456789012:policy/example",
    provider=Provider.AWS,
    changes=(AttributeChange(attribute="policy", old_value="{}", new_value=None),),
    terraform_version="1.9.0",
    timestamp=MOMENT,
)

OBSERVED: Final = STATE_CHANGE.model_copy(
    update={"resource": None, "action": StateAction.OBSERVED, "resource_type": None, "changes": (), "resource_count": 9}
)

ATTRIBUTION: Final = Attribution(
    state_change_id="s1",
    resource="aws_iam_policy.example",
    serial=43,
    workspace="prod",
    resource_type="aws_iam_policy",
    provider=Provider.AWS,
    actors=(Actor(user_identity=JOHN, event_id="e1", event_name="CreatePolicy", timestamp=MOMENT, sanctioned=True),),
    timestamp=MOMENT,
)

SAMPLES: Final[tuple[Event, ...]] = (falco(), drift(), STATE_CHANGE, OBSERVED, ATTRIBUTION)
