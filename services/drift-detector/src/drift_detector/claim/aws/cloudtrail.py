"""Reads a call that CloudTrail logged: which resources it names, and which attribute values it claims.

Decisions where the log leaves room:

- A change that takes effect later is claimed at once (RDS without ``applyImmediately``). It comes true in the
  maintenance window unless somebody takes it back, and whoever reads the drift can still do that.
- A value that the log hides is claimed as changed to something unknown, never as emptied.
- A call that sets something of a resource, of which the mapping reads nothing, is claimed as `SOMETHING` changed.
- The resource's account and region are those of its ARN if the call gives one, else those of the event.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drift_detector.catalog.event_rules import EventRule
from drift_detector.catalog.lookup import Catalog
from drift_detector.catalog.without_resource import load_without_resource
from drift_detector.claim.apply_rule import AppliedRule, apply_rule
from drift_detector.claim.aws.something_changed import changes_of
from drift_detector.claim.logged_call import logged_call
from drift_detector.claim.sanction import Sanctions
from drift_detector.facts.call import Call, Target
from drift_detector.facts.document import Document, unwrapped
from tfdrift.arns import parse_arn
from tfdrift.envelope import Envelope
from tfdrift.events import CloudCall, FalcoEvent, Json
from tfdrift.regionless import is_global_service

_SERVICE_ECHO: Final = "AwsServiceEvent"


def call_of(event: FalcoEvent, envelope: Envelope, catalog: Catalog, sanctions: Sanctions | None = None) -> Call | None:
    """Returns what the call claims; None if it claims nothing.

    A call claims nothing if it failed, only read, was a dry run or a service's own echo, or if the catalog does not
    know its event. The request is parsed only for events of the catalog.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    rule = _rule(event, catalog)
    call = logged_call(event, envelope) if rule is not None else None
    if rule is None or call is None or call.detail.event_type == _SERVICE_ECHO:
        return None
    request = unwrapped(call.detail.request, rule.operation, event.service or "")
    if _is_dry_run(request):
        return None
    document = _document(event, call.detail, rule, request)
    applied = list(apply_rule(rule, document)) or list(_unknown_changes(rule, request, document, catalog))
    arns = [arn for one in applied for arn in one.arns]
    owners = [resource.account_id for resource in event.resources if resource.account_id]
    named = [found for arn in arns if (found := parse_arn(arn)) is not None]
    account = next((arn.account_id for arn in named if arn.account_id), None)
    region = next((arn.region for arn in named if arn.region), None)
    return call.claims(
        (one.targets for one in applied),
        account_id=account or next(iter(owners), None) or event.account_id,
        region=None if is_global_service(event.service or "") else region or event.region,
        sanctions=sanctions,
    )


def named_targets(event: FalcoEvent, envelope: Envelope, catalog: Catalog) -> list[Target]:
    """Returns the resources that a call of the catalog names, also those of which it claims nothing."""
    rule = _rule(event, catalog)
    if rule is None or envelope.call is None:
        return []
    call = CloudCall.model_validate_json(envelope.call)
    document = _document(event, call, rule, unwrapped(call.request, rule.operation, event.service or ""))
    return [target for one in apply_rule(rule, document, silent=True) for target in one.targets]


def _unknown_changes(rule: EventRule, request: Json, document: Document, catalog: Catalog) -> Iterator[AppliedRule]:
    """Yields the resources of which a call changed something unknown."""
    if load_without_resource().reason(catalog, rule.service, rule.operation) is None:
        yield from changes_of(rule, request, document)


def _rule(event: FalcoEvent, catalog: Catalog) -> EventRule | None:
    if event.service is None or event.event_name is None:
        return None
    return catalog.event(event.service, event.event_name)


def _document(event: FalcoEvent, call: CloudCall, rule: EventRule, request: Json) -> Document:
    arns = [resource.arn for resource in event.resources if resource.arn]
    response = unwrapped(call.response, rule.operation, event.service or "")
    roots = {"req": request, "resp": response, "arn": arns[0] if len(arns) == 1 else None}
    return Document(roots, incomplete=call.incomplete)


def _is_dry_run(request: Json) -> bool:
    if not isinstance(request, dict):
        return False
    return any(key.lower() == "dryrun" and str(value).lower() == "true" for key, value in request.items())
