"""What a request to a Kubernetes API server claims.

Decisions where the audit log leaves room:

- Bodies are read where the audit policy logs them (`drift_detector.claim.kubernetes.body`). A patch claims what it
  names; in maps (labels, annotations, a config map's data) each key for itself, so null takes a key away. What a whole
  body leaves out is not claimed.
- Who applies on the server's side patches what need not be there: the answer's code says what was created.
- The control plane's own requests, ``status`` and other subresources but ``scale`` claim nothing. What a service
  account creates, or what says that another tool or controller owns it, no state is expected to hold.
- A state does not tell its cluster, so an object is found by namespace and name in any cluster's state.
"""

from __future__ import annotations

import re
from typing import Any, Final

from drift_detector.catalog.lookup import Catalog
from drift_detector.claim.apply_rule import groups_of
from drift_detector.claim.audit_entry import Group, acting, claim, made
from drift_detector.claim.kubernetes.body import body_of, operations_of
from drift_detector.claim.sanction import Sanctions
from drift_detector.facts.call import Act, Call, Operation, Target
from drift_detector.facts.document import Document
from tfdrift.envelope import Envelope
from tfdrift.events import FalcoEvent, Via

SERVICE_PREFIX: Final = "kubernetes."

_DONE: Final = "ResponseComplete"
_CREATED: Final = "ResponseCompleteCreated"
_ACTS: Final = {"create": Act.CREATE, "update": Act.UPDATE, "patch": Act.UPDATE, "delete": Act.DELETE}
_SUBRESOURCES: Final = ("", "scale")
_PATH: Final = re.compile(
    r"/apis?/[^?]*?/?v\d\w*(?:/namespaces/(?P<namespace>[^/]+)(?=/[^/]+/))?/(?P<resource>[^/]+)/(?P<name>[^/]+)(?:/(?P<sub>.+))?"
)

_MANAGED_BY: Final = "app.kubernetes.io/managed-by"


def call_of(event: FalcoEvent, envelope: Envelope, catalog: Catalog, sanctions: Sanctions | None = None) -> Call | None:
    """What a request to an API server claims; None where it claims nothing.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    if event.user_identity is not None and event.user_identity.via is Via.SERVICE:
        return None
    call = made(event, envelope)
    if call is None or call.detail.event_type not in (None, _DONE, _CREATED):
        return None
    place = object_of(event)
    verb = call.event_name.partition(" ")[0]
    act = _ACTS.get(verb)
    if place is None or act is None or place["sub"] not in _SUBRESOURCES:
        return None
    rule = catalog.event(f"{SERVICE_PREFIX}{call.detail.event_source}", place["resource"])
    if rule is None:
        return None
    body = body_of(call.detail.request, is_patch=verb == "patch")
    if call.detail.event_type == _CREATED and not place["sub"]:
        act = Act.CREATE
    if act is Act.CREATE and not _is_expected(event, body):
        act = Act.UPDATE
    operations = tuple(operations_of(place["resource"], body))
    document = Document({"req": body, "res": place})
    groups = (_group(group, act, operations) for group in groups_of(rule, document, []))
    return claim(event, envelope, call, groups, account_id=event.account_id, region=None, sanctions=sanctions)


def object_of(event: FalcoEvent) -> dict[str, str] | None:
    """The object that the alert's only resource names; None for a collection.

    Its members are ``resource``, ``sub`` (the subresource, else empty), ``name``, and ``id`` as the provider writes
    it: ``namespace/name``, or the name alone where the object has no namespace.
    """
    path = event.resources[0].arn if event.resources else None
    found = _PATH.fullmatch(path or "")
    if found is None:
        return None
    name, namespace = found["name"], found["namespace"]
    identifier = f"{namespace}/{name}" if namespace else name
    return {"resource": found["resource"], "sub": found["sub"] or "", "name": name, "id": identifier}


def _is_expected(event: FalcoEvent, body: dict[str, Any]) -> bool:
    """Whether what is created would be expected in a state: nobody else says that it is his."""
    if event.user_identity is not None and event.user_identity.type == "ServiceAccount":
        return event.user_identity.via is Via.TERRAFORM
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return True
    labels = metadata.get("labels")
    labels = labels if isinstance(labels, dict) else {}
    # Helm keeps its releases in secrets, for Terraform's helm_release too; no state holds those.
    is_release = labels.get("owner") == "helm"
    managed_by_other = labels.get(_MANAGED_BY, "Terraform") not in ("Terraform", "OpenTofu")
    return not (metadata.get("ownerReferences") or is_release or managed_by_other)


def _group(group: Group, act: Act, operations: tuple[Operation, ...]) -> Group:
    targets = (_with(target, operations) for target in group)
    return tuple(found for target in targets if (found := acting(target, act)) is not None)


def _with(target: Target, operations: tuple[Operation, ...]) -> Target:
    return target.model_copy(update={"operations": (*target.operations, *operations)})
