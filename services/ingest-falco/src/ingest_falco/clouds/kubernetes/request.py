"""The request behind an alert of Falco's k8saudit plugins (source ``k8s_audit``, of EKS, GKE and AKS alike).

GKE's plugin makes such events of Google's log entries, and *infers* the answer's code from the verb: a request that was
refused has code 200 or 201 there. The answer's body and the authorizer's decision show the outcome.

Source: ``plugins/k8saudit-gke/pkg/k8sauditgke`` of falcosecurity/plugins
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from ingest_falco.clouds.call import Call
from ingest_falco.clouds.caller_agent import kubernetes_via
from ingest_falco.clouds.kubernetes.event import CORE_GROUP, DONE, KubernetesEvent
from ingest_falco.clouds.kubernetes.secrets import hide_values
from ingest_falco.clouds.part import sentence
from tfdrift.events import CloudCall, CloudResource, UserIdentity, Via

# Appended to the stage where the answer's code says that the object is new.
_CREATED: Final = "Created"

_READING: Final = frozenset({"get", "list", "watch", "head", "options"})

# The control plane and what the providers of clusters run in it. A person is system:admin or has no such name.
_ROBOT: Final = re.compile(
    r"system:(?!admin$|anonymous$|unauthenticated$|serviceaccount:(?!kube-system:)).*|eks:.*|aksService|gke-.*"
    r"|service-\d+@container-engine-robot\.iam\.gserviceaccount\.com"
)
_FAILED: Final = re.compile(r"[4-9]\d\d", re.ASCII)
_SERVICE_ACCOUNT: Final = "system:serviceaccount:"


def call_of(event: KubernetesEvent) -> Call:
    """The request to an API server that one audit event reports."""
    uri = _split(event.uri or "")
    group, version = _group(event, uri.path)
    kind = f"{event.resource}/{event.subresource}" if event.subresource else event.resource
    detail = None
    if group is not None:
        is_new = event.stage == DONE and event.response_code == "201"
        detail = CloudCall(
            incomplete=bool(event.gaps),
            detail=sentence(event.gaps),
            event_source=group,
            event_type=f"{event.stage}{_CREATED}" if is_new else event.stage,
            request=hide_values(event.resource, event.request),
            response=hide_values(event.resource, event.response),
        )
    return Call(
        event_id=_event_id(event),
        event_name=f"{event.verb} {kind}",
        occurred=event.time,
        service=event.resource,
        account_id=event.cluster,
        region=None,
        source_ip=event.source_ip,
        user_agent=event.user_agent,
        error_code=_error(event),
        read_only=event.verb in _READING or "dryRun" in parse_qs(uri.query),
        resources=(CloudResource(arn=_path(event, group, version), type=event.resource, account_id=event.cluster),),
        identity=identify(event),
        detail=detail,
        gaps=event.gaps,
    )


def _split(uri: str) -> SplitResult:
    """The parts of the request's address; of one that is no address, none."""
    try:
        return urlsplit(uri)
    except ValueError:
        return urlsplit("")


def identify(event: KubernetesEvent) -> UserIdentity | None:
    """Who made the request; where a service acts for somebody (impersonation), that somebody."""
    name, person = event.username, event.impersonated
    if name is None:
        return None
    is_account = name.startswith(_SERVICE_ACCOUNT)
    is_robot = person is None and bool(_ROBOT.fullmatch(name))
    via = kubernetes_via(event.user_agent)
    return UserIdentity(
        type="System" if is_robot else "ServiceAccount" if is_account else "User",
        user_name=person if person is not None and is_account else name,
        arn=event.arn,
        principal_id=event.uid or name,
        session_name=event.session or person,
        via=Via.SERVICE if is_robot and via is not Via.TERRAFORM else via,
    )


def _event_id(event: KubernetesEvent) -> str | None:
    is_whole = event.audit_id is None or event.stage in (None, DONE)
    return event.audit_id if is_whole else f"{event.audit_id}/{event.stage}"


def _group(event: KubernetesEvent, path: str) -> tuple[str | None, str | None]:
    """The API group and its version, of the object or the request's path.

    Paths are ``/api/v1/...`` and ``/apis/apps/v1/...``; GKE's plugin writes ``/core/v1/...`` and ``/apps/v1/...``.
    """
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"]:
        parts[0] = CORE_GROUP
    elif parts[:1] == ["apis"]:
        parts = parts[1:]
    if len(parts) > 1:
        return event.api_group or parts[0], event.api_version or parts[1]
    if event.api_version is not None:  # the core group has no name
        return event.api_group or CORE_GROUP, event.api_version
    return None, None


def _path(event: KubernetesEvent, group: str | None, version: str | None) -> str:
    """The object's path in the API, as its ``selfLink`` was: ``/apis/apps/v1/namespaces/shop/deployments/web``."""
    root = f"/api/{version}" if group == CORE_GROUP else f"/apis/{group or '-'}/{version or '-'}"
    scope = f"/namespaces/{event.namespace}" if event.namespace and event.resource != "namespaces" else ""
    rest = "/".join(part for part in (event.resource, event.name, event.subresource) if part)
    return f"{root}{scope}/{rest}"


def _error(event: KubernetesEvent) -> str | None:
    code = event.response_code
    if code is not None and _FAILED.fullmatch(code):
        return event.response_reason or code
    return event.failure or ("Forbidden" if event.decision == "forbid" else None)
