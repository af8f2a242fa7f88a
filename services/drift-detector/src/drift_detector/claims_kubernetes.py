"""What a request to a Kubernetes API server claims.

Decisions where the audit log leaves room:

- Bodies are read where the audit policy logs them. A patch claims what it names; in maps (labels, annotations, a config
  map's data) each key for itself, so null takes a key away. What a whole body leaves out is not claimed.
- Containers are found by their place. A strategic merge patch names all in order (``$setElementOrder/containers``).
- The control plane's own requests, ``status`` and other subresources but ``scale`` claim nothing. What a service
  account creates, or what says that another tool or controller owns it, no state is expected to hold.
- A state does not tell its cluster, so an object is found by namespace and name in any cluster's state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from drift_detector.catalog import Catalog
from drift_detector.claims import Sanctions, groups_of
from drift_detector.claims_clouds import Group, acting, claim, made
from drift_detector.facts import Act, Call, Operation, Target
from drift_detector.normalise import Document
from drift_detector.paths import format_attribute
from tfdrift.envelope import Envelope
from tfdrift.events import FalcoEvent, Json, Via

SERVICE_PREFIX: Final = "kubernetes."

_DONE: Final = "ResponseComplete"
_ACTS: Final = {"create": Act.CREATE, "update": Act.UPDATE, "patch": Act.UPDATE, "delete": Act.DELETE}
_SUBRESOURCES: Final = ("", "scale")
_PATH: Final = re.compile(
    r"/apis?/[^?]*?/?v\d\w*(?:/namespaces/(?P<namespace>[^/]+)(?=/[^/]+/))?/(?P<resource>[^/]+)/(?P<name>[^/]+)(?:/(?P<sub>.+))?"
)

# Where an object has a template of pods; in a state blocks are lists of one.
_TEMPLATES: Final = (
    (("spec", "template", "spec"), ("spec", 0, "template", 0, "spec", 0)),
    (
        ("spec", "jobTemplate", "spec", "template", "spec"),
        ("spec", 0, "job_template", 0, "spec", 0, "template", 0, "spec", 0),
    ),
)
_CONTAINERS: Final = (("containers", "container"), ("initContainers", "init_container"))
_CONTAINER_MEMBERS: Final = (("image", "image"), ("imagePullPolicy", "image_pull_policy"))

# Lists whose elements are written in Terraform's names.
_LISTS: Final = (("rules",), ("subjects",), ("spec", "ports"))
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")
_MAPS: Final = {"configmaps": ("data", "binaryData")}
_MANAGED_BY: Final = "app.kubernetes.io/managed-by"


def call_of(event: FalcoEvent, envelope: Envelope, catalog: Catalog, sanctions: Sanctions | None = None) -> Call | None:
    """What a request to an API server claims; None where it claims nothing.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    if event.user_identity is not None and event.user_identity.via is Via.SERVICE:
        return None
    call = made(event, envelope)
    if call is None or call.detail.event_type not in (None, _DONE):
        return None
    place = object_of(event)
    act = _ACTS.get(call.event_name.partition(" ")[0])
    if place is None or act is None or place["sub"] not in _SUBRESOURCES:
        return None
    rule = catalog.event(f"{SERVICE_PREFIX}{call.detail.event_source}", place["resource"])
    if rule is None:
        return None
    body = body_of(call.detail.request, is_patch=call.event_name.startswith("patch"))
    if act is Act.CREATE and not _is_expected(event, body):
        act = Act.UPDATE
    operations = tuple(_operations(place["resource"], body))
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


def body_of(request: Json, *, is_patch: bool) -> dict[str, Any]:
    """A request's body as an object with the lists that the mapping reads in Terraform's names.

    A JSON patch (RFC 6902) becomes the object that it sets. A patch of ports merges them by number: they stand under
    ``portsPatch``.
    """
    body = _patched(request) if isinstance(request, list) else request
    if not isinstance(body, dict):
        return {}
    for path in _LISTS:
        holder = body
        for name in path[:-1]:
            inner = holder.get(name)
            holder = inner if isinstance(inner, dict) else {}
        listed = holder.get(path[-1])
        if isinstance(listed, list):
            name = "portsPatch" if is_patch and path[-1] == "ports" else path[-1]
            changed = {**{k: v for k, v in holder.items() if k != path[-1]}, name: [_snaked(one) for one in listed]}
            body = changed if len(path) == 1 else {**body, path[0]: changed}
    return body


def _snaked(element: Json) -> Json:
    if not isinstance(element, dict):
        return element
    return {_CAMEL.sub(r"_\1", name).lower().replace("_u_r_ls", "_urls"): value for name, value in element.items()}


def _patched(operations: list[Json]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for operation in operations:
        if isinstance(operation, dict) and operation.get("op") in ("add", "replace", "remove"):
            names = [part.replace("~1", "/").replace("~0", "~") for part in str(operation.get("path")).split("/")[1:]]
            if names and not names[0].isdecimal():
                _put(body, names, operation.get("value"))
    return body


def _put(body: dict[str, Any], names: list[str], value: Json) -> None:
    """Set a value at a path; an element of a list stands at its place, after empty ones."""
    holder: Any = body
    for name, following in zip(names, [*names[1:], None], strict=True):
        key: Any = name
        if isinstance(holder, list):
            if not name.isdecimal() or int(name) > len(holder) + 100:
                return
            key = int(name)
            holder.extend({} for _ in range(key + 1 - len(holder)))
        if following is None:
            holder[key] = value
            return
        inner = holder[key] if isinstance(holder, list) else holder.get(key)
        if not isinstance(inner, dict | list) or inner == {}:
            inner = [] if following.isdecimal() else {}
            holder[key] = inner
        holder = inner


def _is_expected(event: FalcoEvent, body: dict[str, Any]) -> bool:
    """Whether what is created would be expected in a state: nobody else says that it is his."""
    if event.user_identity is not None and event.user_identity.type == "ServiceAccount":
        return event.user_identity.via is Via.TERRAFORM
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return True
    labels = metadata.get("labels")
    manager = labels.get(_MANAGED_BY, "Terraform") if isinstance(labels, dict) else "Terraform"
    return not metadata.get("ownerReferences") and manager in ("Terraform", "OpenTofu")


def _operations(resource: str, body: dict[str, Any]) -> Iterator[Operation]:
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        for name in ("labels", "annotations"):
            yield from _entries(metadata.get(name), ("metadata", 0, name), skip_internal=True)
    for name in _MAPS.get(resource, ()):
        attribute = _CAMEL.sub(r"_\1", name).lower()
        yield from _entries(body.get(name), (attribute,), skip_internal=False)
    for path, attribute_path in _TEMPLATES:
        template: Json = body
        for name in path:
            template = template.get(name) if isinstance(template, dict) else None
        if isinstance(template, dict):
            yield from _containers(template, attribute_path)


def _entries(entries: Json, prefix: tuple[str | int, ...], *, skip_internal: bool) -> Iterator[Operation]:
    if isinstance(entries, dict):
        for key, value in entries.items():
            if not (skip_internal and _is_internal(key)) and not key.startswith("$"):
                yield Operation(attribute=format_attribute(*prefix, key), value=value)


def _is_internal(key: str) -> bool:
    """Whether Terraform's provider leaves a key out of the state, since Kubernetes itself writes such keys."""
    domain = key.partition("/")[0] if "/" in key else ""
    kept = domain in ("app.kubernetes.io", "service.beta.kubernetes.io")
    return domain.endswith(("kubernetes.io", "k8s.io")) and not kept


def _containers(pod: dict[str, Any], prefix: tuple[str | int, ...]) -> Iterator[Operation]:
    for name, block in _CONTAINERS:
        listed = pod.get(name)
        if not isinstance(listed, list):
            continue
        order = pod.get(f"$setElementOrder/{name}")
        names = [one.get("name") for one in order if isinstance(one, dict)] if isinstance(order, list) else None
        for position, container in enumerate(listed):
            if not isinstance(container, dict) or "$patch" in container:
                continue
            known = names is not None and container.get("name") in names
            place = names.index(container.get("name")) if names is not None and known else position
            for member, attribute in _CONTAINER_MEMBERS:
                if container.get(member) is not None:
                    path = format_attribute(*prefix, block, place, attribute)
                    yield Operation(attribute=path, value=container[member])


def _group(group: Group, act: Act, operations: tuple[Operation, ...]) -> Group:
    targets = (_with(target, operations) for target in group)
    return tuple(found for target in targets if (found := acting(target, act)) is not None)


def _with(target: Target, operations: tuple[Operation, ...]) -> Target:
    return target.model_copy(update={"operations": (*target.operations, *operations)})
