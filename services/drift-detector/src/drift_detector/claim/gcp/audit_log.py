"""Reads an entry of a Google Cloud audit log: which resources it names, and which attribute values it claims.

Decisions where Google's log leaves room:

- A long-running operation has two entries. The first has the request but no outcome, so it claims attributes. The last
  has the outcome, so it claims that something exists or is gone, or takes back what the first claimed. The last may not
  name the caller; the first does (`drift_detector.resolve.long_running_operations`). An operation of one entry claims
  both.
- ``setIamPolicy`` replaces a whole policy. The entry's deltas say what it changed. Without them, all bindings of the
  request are claimed.
- A request with an update mask changes what the mask names, whatever else it gives.
- Compute Engine logs which keys of metadata changed, but not their values: in the entry's ``metadata``, or in the
  request under a phrase.
- A resource is found by its name and place within its project. Projects are known by id; a project number is unknown.
- What Google's own robots create (instances of a managed group, grants to service agents) is not expected in any state.
  What they change or delete is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from drift_detector.catalog.lookup import Catalog
from drift_detector.claim.apply_rule import groups_of
from drift_detector.claim.logged_call import Group, LoggedCall, logged_call
from drift_detector.claim.sanction import Sanctions
from drift_detector.facts.call import Act, Call, Part
from drift_detector.facts.document import Document
from tfdrift.envelope import Envelope
from tfdrift.events import TRUNCATED, FalcoEvent, Json, Via

OPERATION_STARTED: Final = "OperationStarted"
OPERATION_FINISHED: Final = "OperationFinished"
_PARTS: Final = {OPERATION_STARTED: Part.BEGUN, OPERATION_FINISHED: Part.ENDED}

# API versions in method names: v1.compute.instances.insert, google.container.v1beta1.ClusterManager.UpdateCluster.
_VERSION: Final = re.compile(r"(?:v\d+\w*|alpha|beta)")
_GLOBAL: Final = "global"
# Where Compute Engine logs the keys of changed metadata. It does not log their values; `_HIDDEN` stands for them.
_DELTAS: Final = ("instanceMetadataDelta", "projectMetadataDelta")
_CHANGED_KEYS: Final = ("addedMetadataKeys", "modifiedMetadataKeys", "Metadata Keys Added", "Metadata Keys Modified")
_DELETED_KEYS: Final = ("deletedMetadataKeys", "Metadata Keys Deleted")
_HIDDEN: Final = "****"
_MASKS: Final = ("updateMask", "update_mask")


def call_of(event: FalcoEvent, envelope: Envelope, catalog: Catalog, sanctions: Sanctions | None = None) -> Call | None:
    """Returns what the call claims; None if it claims nothing.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    call = logged_call(event, envelope, _PARTS)
    if call is None:
        return None
    if call.part is not None and catalog.event(call.detail.event_source, operation_of(call.event_name)) is None:
        return None
    place = name_of(event)
    groups = (_within_phase(group, event, call) for group in _groups(call, place, catalog))
    region = place.get("regions") or place.get("locations") or place.get("zones")
    return call.claims(
        groups,
        account_id=place.get("project"),
        region=event.region if region and region != _GLOBAL else None,
        sanctions=sanctions,
    )


def operation_of(method: str) -> str:
    """Returns the last two parts of a method's name, without versions.

    ``v1.compute.firewalls.patch`` gives ``firewalls.patch``; a gRPC method gives its service and method, such as
    ``ClusterManager.UpdateCluster``.
    """
    parts = [part for part in method.split(".") if not _VERSION.fullmatch(part)]
    return ".".join(parts[-2:])


def name_of(event: FalcoEvent) -> dict[str, str]:
    """Returns the parts of the resource's name: each collection with its member, ``name``, ``id`` and ``project``.

    ``projects/p/zones/z/instances/web`` gives ``{"projects": "p", "zones": "z", "instances": "web", "name": "web",
    "id": "projects/p/zones/z/instances/web", "project": "p"}``.
    """
    names = [resource.arn for resource in event.resources if resource.arn]
    place: dict[str, str] = {}
    for name in names:
        place.update(_members(name))
    if names:
        place["id"] = names[0]
        place["name"] = names[0].rsplit("/", 1)[-1]
    project = event.account_id or place.get("projects")
    if project and project[0].isalpha():
        place["project"] = project
    return place


def _members(name: str) -> Iterator[tuple[str, str]]:
    """Yields each collection of a name with its member; ``global`` has none, unless it is a location."""
    parts = iter(name.split("/"))
    for collection in parts:
        member = None if collection == _GLOBAL else next(parts, None)
        if member is not None:
            yield collection, member


def _groups(call: LoggedCall, place: dict[str, str], catalog: Catalog) -> Iterator[Group]:
    service, operation = call.detail.event_source, operation_of(call.event_name)
    response: Json = call.detail.response
    deltas = response.get("bindingDeltas") if isinstance(response, dict) else None
    if isinstance(deltas, list) and deltas:
        for delta in deltas:
            action = str(delta.get("action")) if isinstance(delta, dict) else ""
            rule = catalog.event(service, f"{operation}/{action}")
            if rule is not None:
                yield from groups_of(
                    rule, Document({"req": delta, "res": dict(place)}, incomplete=call.detail.incomplete)
                )
        return
    rule = catalog.event(service, operation)
    if rule is not None:
        request: dict[str, Any] = call.detail.request if isinstance(call.detail.request, dict) else {}
        listed = {
            "metadataEntries": list(_metadata_entries(request, response)),
            "recordChanges": list(_record_changes(request.get("change"))),
        }
        roots: dict[str, Any] = {"req": {**masked(request), **listed}, "resp": response, "res": dict(place)}
        document = Document(roots, incomplete=call.detail.incomplete)
        yield from groups_of(rule, document)


def _metadata_entries(request: dict[str, Any], response: Json) -> Iterator[dict[str, Any]]:
    """Yields the keys of metadata that a call set, each with a hidden value, and those that it deleted."""
    metadata = response.get("metadata") if isinstance(response, dict) else None
    sources = [request, *(metadata.get(name) for name in _DELTAS)] if isinstance(metadata, dict) else [request]
    for names, is_gone in ((_CHANGED_KEYS, False), (_DELETED_KEYS, True)):
        listed = [one.get(name) for one in sources if isinstance(one, dict) for name in names]
        for key in dict.fromkeys(str(key) for keys in listed if isinstance(keys, list) for key in keys):
            if key == TRUNCATED:
                continue
            yield {"name": key, "deleted": [key]} if is_gone else {"name": key, "changed": {key: _HIDDEN}}


def _record_changes(change: Json) -> Iterator[dict[str, Any]]:
    """Yields the sets of records that a change of a DNS zone adds or removes; one that it does both to is replaced."""
    added, removed = _record_sets(change, "additions"), _record_sets(change, "deletions")
    for key, record in added.items():
        yield {**record, "change": "replaced" if key in removed else "added"}
    for key, record in removed.items():
        if key not in added:
            yield {**record, "change": "removed"}


def _record_sets(change: Json, name: str) -> dict[tuple[str, str], dict[str, Any]]:
    listed = change.get(name) if isinstance(change, dict) else None
    sets = (one for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()
    return {(str(one.get("name")), str(one.get("type"))): one for one in sets}


def masked(request: dict[str, Any]) -> dict[str, Any]:
    """Returns a request without the members of its body that its update mask does not name.

    A mask is text (``"labels,pushConfig.pushEndpoint"``) or ``{"paths": [...]}``; names are in camel or snake case.
    """
    mask = next((request[name] for name in _MASKS if request.get(name)), None)
    paths = mask.get("paths") if isinstance(mask, dict) else str(mask).split(",") if mask is not None else None
    if not isinstance(paths, list) or "*" in paths:
        return request
    kept = {_folded(str(path).strip().partition(".")[0]) for path in paths}
    return {
        name: {key: one for key, one in value.items() if _folded(key) in kept}
        if isinstance(value, dict) and name not in _MASKS
        else value
        for name, value in request.items()
    }


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _within_phase(group: Group, event: FalcoEvent, call: LoggedCall) -> Group:
    """Returns the targets that this entry of an operation may claim."""
    acts = set(Act)
    if call.detail.event_type == OPERATION_STARTED:
        acts = {Act.UPDATE}
    elif call.detail.event_type == OPERATION_FINISHED:
        acts = {Act.CREATE, Act.DELETE}
    if event.user_identity is not None and event.user_identity.via is Via.SERVICE:
        acts -= {Act.CREATE}
    return tuple(target for target in group if target.act in acts)
