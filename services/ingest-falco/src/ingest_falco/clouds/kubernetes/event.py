"""One audit event of an API server, parsed once from the fields of Falco's k8saudit and json plugins.

The k8saudit plugins (falcosecurity/plugins, ``plugins/k8saudit``; of EKS, GKE and AKS alike) read audit events
(``audit.k8s.io/v1``) and give flat ``ka.*`` fields. None of these is the whole body of a request: that comes from the
json plugin beside it (`ingest_falco.clouds.audit_entry`), where the cluster's audit policy logs bodies at all (level
Request or higher).

Source: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingest_falco.clouds.audit_entry import AuditEntry
from ingest_falco.clouds.part import Gap
from tfdrift.events import Json

# The stage of the last event of a request: the others, with the same id, say nothing of its outcome.
DONE: Final = "ResponseComplete"
CORE_GROUP: Final = "core"


@dataclass(frozen=True, slots=True)
class KubernetesEvent:
    """An audit event as far as the alert has it; what is missing is None.

    Attributes:
        uri: path and query of the request.
        api_group: None for the core group too.
        username: who made the request; `impersonated`, whom that caller acted for.
        session: the session's name, where EKS maps an IAM role to the user.
        response_code: the HTTP status as digits.
        failure: the reason, where the answer's body is a ``Status`` of failure.
        decision: the authorizer's, ``allow`` or ``forbid``.
        gaps: what is missing of the entry and its parts.
    """

    verb: str
    resource: str
    audit_id: str | None = None
    stage: str | None = None
    time: datetime | None = None
    uri: str | None = None
    api_group: str | None = None
    api_version: str | None = None
    subresource: str | None = None
    namespace: str | None = None
    name: str | None = None
    cluster: str | None = None
    username: str | None = None
    impersonated: str | None = None
    uid: str | None = None
    arn: str | None = None
    session: str | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    response_code: str | None = None
    response_reason: str | None = None
    failure: str | None = None
    decision: str | None = None
    request: Json = None
    response: Json = None
    gaps: tuple[Gap, ...] = ()


def parse_event(fields: Mapping[str, Json]) -> KubernetesEvent | None:
    """The audit event in the output fields of one alert; None where they name no object."""
    entry = AuditEntry(fields)
    verb = entry.text("ka.verb", "/verb")
    resource = entry.text("ka.target.resource", "/objectRef/resource")
    if verb is None or resource is None:
        return None
    return KubernetesEvent(
        verb=verb,
        resource=resource,
        audit_id=entry.text("ka.auditid", "/auditID"),
        stage=entry.text("ka.stage", "/stage"),
        time=entry.moment("/requestReceivedTimestamp", "/stageTimestamp"),
        uri=entry.text("ka.uri", "/requestURI"),
        api_group=entry.text(None, "/objectRef/apiGroup"),
        api_version=entry.text(None, "/objectRef/apiVersion"),
        subresource=entry.text("ka.target.subresource", "/objectRef/subresource"),
        namespace=entry.text("ka.target.namespace", "/objectRef/namespace"),
        name=_name(entry),
        cluster=entry.text(None, "/annotations/cluster_name", "/cluster_name"),
        username=entry.text("ka.user.name", "/user/username"),
        impersonated=entry.text("ka.impuser.name", "/impersonatedUser/username"),
        uid=entry.text(None, "/user/uid"),
        arn=entry.text(None, "/user/extra/arn/0", "/user/extra/canonicalArn/0"),
        session=entry.text(None, "/user/extra/sessionName/0"),
        source_ip=_address(entry),
        user_agent=entry.text("ka.useragent", "/userAgent"),
        response_code=entry.text("ka.response.code", "/responseStatus/code"),
        response_reason=entry.text("ka.response.reason", "/responseStatus/reason"),
        failure=failure_of(
            entry.text(None, "/responseObject/kind"),
            entry.text(None, "/responseObject/status"),
            entry.text(None, "/responseObject/reason", "/responseObject/code"),
        ),
        decision=entry.text("ka.auth.decision", "/annotations/authorization.k8s.io~1decision"),
        request=entry.json("request", None, "/requestObject"),
        response=entry.json("response", None, "/responseObject"),
        gaps=tuple(entry.gaps),
    )


def _name(entry: AuditEntry) -> str | None:
    """The object's name; of one that the API server named, the name is in the bodies alone."""
    name = entry.text(
        "ka.target.name", "/objectRef/name", "/requestObject/metadata/name", "/responseObject/metadata/name"
    )
    return name or entry.text("ka.resp.name")


def failure_of(kind: Json, status: Json, reason: Json) -> str | None:
    """Why a request failed, by the answer's body; None unless that is a ``Status`` of failure.

    GKE's plugin infers the answer's code from the verb, so of a refused request only the body has the truth.
    """
    return str(reason or "Failure") if kind == "Status" and status == "Failure" else None


def _address(entry: AuditEntry) -> str | None:
    listed = entry.text("ka.sourceips", "/sourceIPs/0")
    # Falco prints a list as (a,b).
    return listed.strip("()").split(",")[0] or None if listed is not None else None
