"""Reads an entry of Azure's Activity Log: which resource it names, and which attribute values it claims.

Decisions where the log leaves room:

- An operation has several entries. Its start may still be refused, so what it asks for is claimed only once an answer
  without a body of its own has come. An answer (accepted or succeeded) claims what its body says, and that the resource
  exists if the entry says that it was created. A deletion is claimed when it has succeeded. A failure takes back what
  the entries before it claimed (`drift_detector.resolve.long_running_operations`).
- A body is the whole resource. A value that the log masks in it (``"tags": "******"``) need not have changed, so it
  claims nothing.
- Tags are set through an API of their own. Its entries name the resource, but not the new tags.
- Resource ids are compared without regard to case, as Azure does: the streamed log writes them in capitals.
- One type of Azure's may be one of several in Terraform (a virtual machine, a web app). The state decides which; for a
  resource in no state, the operating system in the body does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drift_detector.catalog.lookup import Catalog
from drift_detector.claim.apply_rule import groups_of
from drift_detector.claim.logged_call import Group, logged_call, with_act
from drift_detector.claim.sanction import Sanctions
from drift_detector.claim.transforms import is_hidden
from drift_detector.facts.call import Act, Call, Part, Target, Verb
from drift_detector.facts.document import Document
from tfdrift.envelope import Envelope
from tfdrift.events import FalcoEvent, Json

_CREATED: Final = "Created"
_STARTED: Final = "Started"
_ACCEPTED: Final = "Accepted"
_SUCCEEDED: Final = "Succeeded"
_PARTS: Final = {
    _STARTED: Part.ASKED,
    _ACCEPTED: Part.BEGUN,
    _ACCEPTED + _CREATED: Part.BEGUN,
    _SUCCEEDED: Part.ENDED,
    _SUCCEEDED + _CREATED: Part.ENDED,
}
# The id of a resource's tags is the resource's id with this suffix.
_TAGS_OF: Final = "/providers/microsoft.resources/tags/default"

# The part of a Terraform type's name that stands for the operating system of a virtual machine or web app.
_WINDOWS_TYPE: Final = "_windows_"
_LINUX_TYPE: Final = "_linux_"


def call_of(event: FalcoEvent, envelope: Envelope, catalog: Catalog, sanctions: Sanctions | None = None) -> Call | None:
    """Returns what the operation claims; None if it claims nothing.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    call = logged_call(event, envelope, _PARTS)
    resource = event.resources[0].arn if event.resources else None
    if call is None or resource is None:
        return None
    if call.detail.event_type == _STARTED and call.part is None:
        return None  # no entry will report its outcome
    kind, _, verb = call.event_name.lower().rpartition("/")
    act = act_of(verb, call.detail.event_type or "")
    namespace, _, path = kind.partition("/")
    rule = catalog.event(namespace, path) if act is not None else None
    if act is None or rule is None:
        return None
    body = _unmasked(call.detail.request) if isinstance(call.detail.request, dict) else {}
    document = Document({"req": body, "res": place_of(resource)}, incomplete=call.detail.incomplete)
    groups = (tuple(_with_act(group, act, body)) for group in groups_of(rule, document))
    return call.claims(groups, account_id=event.account_id, region=None, sanctions=sanctions)


def act_of(verb: str, phase: str) -> Act | None:
    """Returns what an entry does to the resource's existence; None for an action, and before a deletion succeeds."""
    if verb == "delete":
        return None if phase.startswith((_STARTED, _ACCEPTED)) else Act.DELETE
    if verb == "write":
        return Act.CREATE if phase.endswith(_CREATED) else Act.UPDATE
    return None


def place_of(resource: str) -> dict[str, str]:
    """Returns the parts of a resource's id, in lower case: ``id``, ``name``, ``parent`` and each collection's member.

    ``scope`` is the id of the resource that an extension (a lock, a diagnostic setting) belongs to.
    """
    folded = resource.lower().rstrip("/").removesuffix(_TAGS_OF)
    parts = [part for part in folded.split("/") if part]
    collections = dict(zip(parts[::2], parts[1::2], strict=False))
    named = {"id": folded, "name": folded.rsplit("/", 1)[-1], "parent": folded.rsplit("/", 2)[0]}
    return {**collections, **named, "scope": folded.rpartition("/providers/")[0]}


def _unmasked(body: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _unmasked(value) if isinstance(value, dict) else value
        for name, value in body.items()
        if not is_hidden(value)
    }


def _with_act(group: Group, act: Act, body: dict[str, Any]) -> Iterator[Target]:
    targets = [found for target in group if (found := _target_with_act(target, act)) is not None]
    system = _system(body)
    yield from sorted(targets, key=lambda target: system is not None and system not in target.type)


def _target_with_act(target: Target, act: Act) -> Target | None:
    """Returns a target with the operation's act; the resource that contains it gains or loses an element instead."""
    if target.act is not Act.UPDATE:
        return with_act(target, act)
    is_removal = act is Act.DELETE
    operations = tuple(one for one in target.operations if (one.verb is Verb.REMOVE) is is_removal)
    return target.model_copy(update={"operations": operations}) if operations else None


def _system(body: dict[str, Any]) -> str | None:
    """Returns the part of a type's name for the body's operating system; None if the body has none."""
    properties = body.get("properties")
    if not isinstance(properties, dict):
        return None
    profile = _member(_member(_member(properties, "storageProfile"), "osDisk"), "osType")
    if isinstance(profile, str):
        return _WINDOWS_TYPE if profile.lower() == "windows" else _LINUX_TYPE
    kind = body.get("kind")  # of a web app: "app", "app,linux", "functionapp,linux"
    if isinstance(kind, str) and kind.startswith(("app", "functionapp")):
        return _LINUX_TYPE if "linux" in kind else _WINDOWS_TYPE
    return None


def _member(value: Json, name: str) -> Json:
    return value.get(name) if isinstance(value, dict) else None
