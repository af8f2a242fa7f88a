"""Reads an audit event of a Kubernetes API server: which object it names, and which attribute values it claims.

Decisions where the audit log leaves room:

- Bodies are read if the audit policy logs them (`drift_detector.claim.kubernetes.body`). A patch claims what it names;
  in maps (labels, annotations, a config map's data) it claims each key by itself, and null removes a key. What a whole
  body leaves out is not claimed.
- Server-side apply patches an object that need not exist: the response code says whether it was created.
- The control plane's own requests, ``status`` and other subresources but ``scale`` claim nothing. An object that a
  service account creates, or that another tool or controller owns, is not expected in any state.
- A state does not name its cluster, so an object is found by namespace and name in any cluster's state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from drift_detector.catalog.lookup import Catalog
from drift_detector.claim.apply_rule import groups_of
from drift_detector.claim.kubernetes.body import body_of, operations_of
from drift_detector.claim.logged_call import Group, logged_call, with_act
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
    """Returns what the request claims; None if it claims nothing.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    if event.user_identity is not None and event.user_identity.via is Via.SERVICE:
        return None
    call = logged_call(event, envelope)
    if call is None or call.detail.event_type not in (None, _DONE, _CREATED):
        return None
    reference = _object_reference(event)
    verb = call.event_name.partition(" ")[0]
    act = _ACTS.get(verb)
    if reference is None or act is None or reference.subresource not in _SUBRESOURCES:
        return None
    rule = catalog.event(f"{SERVICE_PREFIX}{call.detail.event_source}", reference.resource)
    if rule is None:
        return None
    body = body_of(call.detail.request, is_patch=verb == "patch")
    if call.detail.event_type == _CREATED and not reference.subresource:
        act = Act.CREATE
    if act is Act.CREATE and not _is_expected(event, body):
        act = Act.UPDATE
    operations = tuple(operations_of(reference.resource, body))
    roots: dict[str, Any] = {"req": body, "res": {"id": reference.id, "name": reference.name}}
    document = Document(roots, incomplete=call.detail.incomplete)
    groups = (_group(group, act, operations) for group in groups_of(rule, document))
    return call.claims(groups, account_id=event.account_id, region=None, sanctions=sanctions)


@dataclass(frozen=True, slots=True)
class _ObjectReference:
    """An object by its path.

    Attributes:
        id: the provider's id: ``namespace/name``, or the name alone if the object has no namespace.
    """

    resource: str
    subresource: str
    name: str
    id: str


def _object_reference(event: FalcoEvent) -> _ObjectReference | None:
    """Returns the object that the alert's only resource names; None for a collection."""
    path = event.resources[0].arn if event.resources else None
    found = _PATH.fullmatch(path or "")
    if found is None:
        return None
    name, namespace = found["name"], found["namespace"]
    identifier = f"{namespace}/{name}" if namespace else name
    return _ObjectReference(found["resource"], found["sub"] or "", name, identifier)


def _is_expected(event: FalcoEvent, body: dict[str, Any]) -> bool:
    """Whether a created object is expected in a state: no service account, tool or controller owns it."""
    if event.user_identity is not None and event.user_identity.type == "ServiceAccount":
        return event.user_identity.via is Via.TERRAFORM
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return True
    labels = metadata.get("labels")
    labels = labels if isinstance(labels, dict) else {}
    # Helm stores its releases in secrets, for Terraform's helm_release too; no state has those.
    is_release = labels.get("owner") == "helm"
    managed_by_other = labels.get(_MANAGED_BY, "Terraform") not in ("Terraform", "OpenTofu")
    return not (metadata.get("ownerReferences") or is_release or managed_by_other)


def _group(group: Group, act: Act, operations: tuple[Operation, ...]) -> Group:
    targets = (_with(target, operations) for target in group)
    return tuple(found for target in targets if (found := with_act(target, act)) is not None)


def _with(target: Target, operations: tuple[Operation, ...]) -> Target:
    return target.model_copy(update={"operations": (*target.operations, *operations)})
