"""The request behind an alert of Falco's k8saudit plugins (source ``k8s_audit``, of EKS, GKE and AKS alike).

The plugin (falcosecurity/plugins, ``plugins/k8saudit``) reads audit events of the API server (``audit.k8s.io/v1``) and
gives flat ``ka.*`` fields, none of which is the whole body of a request: that comes from the json plugin beside it
(`ingest_falco.clouds.audit_entry`), where the cluster's audit policy logs bodies at all (level Request or higher).

GKE's plugin makes such events of Google's log entries, and *infers* the answer's code from the verb: a request that was
refused has code 200 or 201 there. What it answered, and what the authorizer decided, tell.

Sources: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/, ``plugins/k8saudit-gke/pkg/k8sauditgke``
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, urlsplit

from ingest_falco.clouds.audit_entry import AuditEntry
from ingest_falco.clouds.caller_agent import kubernetes_via
from ingest_falco.clouds.cloudtrail import Call
from tfdrift.events import CloudCall, CloudResource, Json, UserIdentity, Via

CORE_GROUP: Final = "core"
# A request that has begun has an event of the same id; only the last one tells what became of it.
DONE: Final = "ResponseComplete"
# Appended to it where the answer's code says that the object is new.
_CREATED: Final = "Created"

_READING: Final = frozenset({"get", "list", "watch", "head", "options"})
_SECRET_MEMBERS: Final = ("data", "stringData")
_HIDDEN: Final = "****"
# kubectl's copy of the object, in its own annotations.
_COPY: Final = "kubectl.kubernetes.io/last-applied-configuration"
_COPY_PATH: Final = _COPY.replace("/", "~1")

# The control plane and what the providers of clusters run in it. A person is system:admin or has no such name.
_ROBOT: Final = re.compile(
    r"system:(?!admin$|anonymous$|unauthenticated$|serviceaccount:(?!kube-system:)).*|eks:.*|aksService|gke-.*"
    r"|service-\d+@container-engine-robot\.iam\.gserviceaccount\.com"
)
_SERVICE_ACCOUNT: Final = "system:serviceaccount:"


def read_call(fields: Mapping[str, Json]) -> Call | None:
    """The request to an API server that the output fields of one alert tell of; None where they name no object."""
    entry = AuditEntry(fields)
    verb = entry.text("ka.verb", "/verb")
    resource = entry.text("ka.target.resource", "/objectRef/resource")
    if verb is None or resource is None:
        return None
    uri = urlsplit(entry.text("ka.uri", "/requestURI") or "")
    group, version = _group(entry, uri.path)
    subresource = entry.text("ka.target.subresource", "/objectRef/subresource")
    stage = entry.text("ka.stage", "/stage")
    kind = f"{resource}/{subresource}" if subresource else resource
    cluster = entry.text(None, "/annotations/cluster_name", "/cluster_name")
    detail = None
    if group is not None:
        request = _redacted(resource, entry.json("request", None, "/requestObject"))
        response = _redacted(resource, entry.json("response", None, "/responseObject"))
        is_new = stage == DONE and entry.text("ka.response.code", "/responseStatus/code") == "201"
        phase = f"{stage}{_CREATED}" if is_new else stage
        detail = CloudCall(event_source=group, event_type=phase, request=request, response=response)
    return Call(
        event_id=_event_id(entry, stage),
        event_name=f"{verb} {kind}",
        occurred=entry.moment("/requestReceivedTimestamp", "/stageTimestamp"),
        service=resource,
        account_id=cluster,
        region=None,
        source_ip=_address(entry),
        user_agent=entry.text("ka.useragent", "/userAgent"),
        error_code=_error(entry),
        read_only=verb in _READING or "dryRun" in parse_qs(uri.query),
        resources=(CloudResource(arn=_path(entry, group, version, kind), type=resource, account_id=cluster),),
        detail=detail,
        undecodable=tuple(entry.undecodable),
    )


def identify(fields: Mapping[str, Json]) -> UserIdentity | None:
    """Who made the request; where a service acts for somebody (impersonation), that somebody."""
    entry = AuditEntry(fields)
    name = entry.text("ka.user.name", "/user/username")
    if name is None:
        return None
    person = entry.text("ka.impuser.name", "/impersonatedUser/username")
    is_account = name.startswith(_SERVICE_ACCOUNT)
    is_robot = person is None and bool(_ROBOT.fullmatch(name))
    via = kubernetes_via(entry.text("ka.useragent", "/userAgent"))
    return UserIdentity(
        type="System" if is_robot else "ServiceAccount" if is_account else "User",
        user_name=person if person is not None and is_account else name,
        arn=entry.text(None, "/user/extra/arn/0", "/user/extra/canonicalArn/0"),
        principal_id=entry.text(None, "/user/uid") or name,
        session_name=entry.text(None, "/user/extra/sessionName/0") or person,
        via=Via.SERVICE if is_robot and via is not Via.TERRAFORM else via,
    )


def _event_id(entry: AuditEntry, stage: str | None) -> str | None:
    identifier = entry.text("ka.auditid", "/auditID")
    return identifier if identifier is None or stage in (None, DONE) else f"{identifier}/{stage}"


def _group(entry: AuditEntry, path: str) -> tuple[str | None, str | None]:
    """The API group and its version, of the object or the request's path.

    Paths are ``/api/v1/...`` and ``/apis/apps/v1/...``; GKE's plugin writes ``/core/v1/...`` and ``/apps/v1/...``.
    """
    version = entry.text(None, "/objectRef/apiVersion")
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"]:
        parts[0] = CORE_GROUP
    elif parts[:1] == ["apis"]:
        parts = parts[1:]
    if len(parts) > 1:
        return entry.text(None, "/objectRef/apiGroup") or parts[0], version or parts[1]
    if version is not None:  # the core group has no name
        return entry.text(None, "/objectRef/apiGroup") or CORE_GROUP, version
    return None, None


def _path(entry: AuditEntry, group: str | None, version: str | None, kind: str) -> str:
    """The object's place in the API, as its ``selfLink`` was: ``/apis/apps/v1/namespaces/shop/deployments/web``."""
    namespace = entry.text("ka.target.namespace", "/objectRef/namespace")
    name = entry.text(
        "ka.target.name", "/objectRef/name", "/requestObject/metadata/name", "/responseObject/metadata/name"
    )
    name = name or entry.text("ka.resp.name")
    resource, _, subresource = kind.partition("/")
    root = f"/api/{version}" if group == CORE_GROUP else f"/apis/{group or '-'}/{version or '-'}"
    scope = f"/namespaces/{namespace}" if namespace and resource != "namespaces" else ""
    rest = "/".join(part for part in (resource, name, subresource) if part)
    return f"{root}{scope}/{rest}"


def _redacted(resource: str, body: Json) -> Json:
    """A body without the values of a secret: nobody after this needs them."""
    if resource != "secrets":
        return body
    if isinstance(body, list):
        return [_without_value(operation) for operation in body if isinstance(operation, dict)]
    if not isinstance(body, dict):
        return None
    return {
        name: _HIDDEN if name in _SECRET_MEMBERS else value for name, value in body.items() if name != "metadata"
    } | {"metadata": _bare_metadata(body.get("metadata"))}


def _without_value(operation: dict[str, Json]) -> Json:
    """An operation of a JSON patch, without what it would write outside of the metadata."""
    path = str(operation.get("path"))
    is_open = path.startswith(("/metadata/labels/", "/metadata/annotations/")) and not path.endswith(_COPY_PATH)
    return operation if is_open else {name: value for name, value in operation.items() if name != "value"}


def _bare_metadata(metadata: Json) -> Json:
    """An object's metadata without kubectl's copy of the object."""
    if not isinstance(metadata, dict):
        return metadata
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict):
        return metadata
    kept = {k: v for k, v in annotations.items() if k != _COPY}
    return {**metadata, "annotations": kept}


def _address(entry: AuditEntry) -> str | None:
    listed = entry.text("ka.sourceips", "/sourceIPs/0")
    # Falco prints a list as (a,b).
    return listed.strip("()").split(",")[0] or None if listed is not None else None


def _error(entry: AuditEntry) -> str | None:
    code = entry.text("ka.response.code", "/responseStatus/code")
    if code is not None and code.isdecimal() and int(code) >= 400:
        return entry.text("ka.response.reason", "/responseStatus/reason") or code
    if entry.text(None, "/responseObject/kind") == "Status" and entry.text(None, "/responseObject/status") == "Failure":
        return entry.text(None, "/responseObject/reason", "/responseObject/code") or "Failure"
    decision = entry.text("ka.auth.decision", "/annotations/authorization.k8s.io~1decision")
    return "Forbidden" if decision == "forbid" else None
