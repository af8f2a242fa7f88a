"""What a cloud call claims of Terraform resources.

Decisions where the cloud's log leaves room:

- A change that takes effect later (RDS without ``applyImmediately``) is a claim all the same: it will come true in the
  maintenance window unless somebody takes it back, and who reads the drift may still do so.
- A value that the log hides is claimed as changed to something unknown, never as emptied.
- A call names the resource's account and region where it gives an ARN of it; else the event's own are taken.
"""

from __future__ import annotations

from typing import Final

from drift_detector.catalog.event_rules import EventRule
from drift_detector.catalog.lookup import Catalog
from drift_detector.claim.apply_rule import groups_of
from drift_detector.claim.sanction import Sanctions, sanction_of
from drift_detector.claim.transforms import HIDDEN
from drift_detector.facts.call import Call, Target
from drift_detector.facts.document import Document, unwrapped
from drift_detector.facts.names import arn_account, arn_region
from tfdrift.envelope import Envelope
from tfdrift.events import CloudCall, FalcoEvent, Json, UserIdentity
from tfdrift.subjects import Provider

SERVICE_ECHO: Final = "AwsServiceEvent"


def call_of(event: FalcoEvent, envelope: Envelope, catalog: Catalog, sanctions: Sanctions | None = None) -> Call | None:
    """What the call behind a Falco alert claims; None where it claims nothing.

    It claims nothing if it failed, only read, was a dry run or a service's own echo, or if the catalog does not know
    it. The request is only parsed for events of the catalog.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    if event.event_id is None or event.event_name is None or event.service is None or envelope.call is None:
        return None
    if event.provider is not Provider.AWS or event.error_code or event.read_only:
        return None
    rule = catalog.event(event.service, event.event_name)
    if rule is None:
        return None
    call = CloudCall.model_validate_json(envelope.call)
    request = unwrapped(call.request, rule.operation, event.service)
    if call.event_type == SERVICE_ECHO or _dry_run(request):
        return None
    document = _document(event, call, rule, request)
    places: list[str] = []
    groups = tuple(groups_of(rule, document, places))
    if not groups:
        return None
    owners = [resource.account_id for resource in event.resources if resource.account_id]
    account = next((found for arn in places if (found := arn_account(arn))), None)
    region = next((found for arn in places if (found := arn_region(arn))), None)
    return Call(
        event_id=event.event_id,
        event_name=event.event_name,
        event_source=call.event_source,
        occurred=envelope.occurred or event.timestamp,
        received=envelope.received,
        provider=event.provider,
        account_id=account or next(iter(owners), None) or event.account_id,
        region=None if event.service in catalog.global_services else region or event.region,
        user_identity=event.user_identity or UserIdentity(),
        source_ip=event.source_ip,
        user_agent=event.user_agent,
        sanction=sanction_of(event, sanctions),
        groups=groups,
    )


def named_targets(event: FalcoEvent, envelope: Envelope, catalog: Catalog) -> list[Target]:
    """The resources that a call of the catalog names, with what it claims of them, be that nothing at all."""
    if event.service is None or event.event_name is None or envelope.call is None:
        return []
    rule = catalog.event(event.service, event.event_name)
    if rule is None:
        return []
    call = CloudCall.model_validate_json(envelope.call)
    document = _document(event, call, rule, unwrapped(call.request, rule.operation, event.service))
    return [target for group in groups_of(rule, document, [], silent=True) for target in group]


def _document(event: FalcoEvent, call: CloudCall, rule: EventRule, request: Json) -> Document:
    arns = [resource.arn for resource in event.resources if resource.arn]
    response = unwrapped(call.response, rule.operation, event.service or "")
    return Document({"req": request, "resp": response, "arn": arns[0] if len(arns) == 1 else None})


def _dry_run(request: object) -> bool:
    if not isinstance(request, dict):
        return False
    return any(key.lower() == "dryrun" and str(value).lower() == "true" for key, value in request.items())


__all__ = ["HIDDEN", "SERVICE_ECHO", "Sanctions", "call_of", "groups_of", "named_targets", "sanction_of"]
