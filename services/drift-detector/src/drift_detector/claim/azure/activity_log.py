"""What an operation in Azure's Activity Log claims.

Decisions where the log leaves room:

- An operation has several entries. Its start may yet be refused: what it asks for is claimed once an answer has come
  that has no body of its own. That it was accepted, or has succeeded, claims what the entry's body says, and its
  existence where the entry says that the resource was created. A deletion is claimed when it has succeeded. A failure
  takes back what was claimed before it (`drift_detector.resolve.long_running_operations`).
- A body is the whole resource. What the log masks in it (``"tags": "******"``) need not have changed: it says nothing.
- Tags are set through an API of their own, whose entries tell of which resource, and never to what.
- Resource ids are compared without regard to case, as Azure does: the streamed log writes them in capitals.
- One type of Azure's may be several of Terraform's (a virtual machine, a web app): the state decides, and for what no
  state holds the body's operating system does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drift_detector.catalog.lookup import Catalog
from drift_detector.claim.apply_rule import groups_of
from drift_detector.claim.audit_entry import Group, acting, claim, made
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
# What follows the id of a resource in that of its tags.
_TAGS_OF: Final = "/providers/microsoft.resources/tags/default"

# What a virtual machine's or a web app's body says of its operating system, in Azure's own places.
_WINDOWS_TYPE: Final = "_windows_"
_LINUX_TYPE: Final = "_linux_"


def call_of(event: FalcoEvent, envelope: Envelope, catalog: Catalog, sanctions: Sanctions | None = None) -> Call | None:
    """What an Azure operation claims; None where it claims nothing.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    call = made(event, envelope, _PARTS)
    resource = event.resources[0].arn if event.resources else None
    if call is None or resource is None:
        return None
    if call.detail.event_type == _STARTED and call.part is None:
        return None  # nothing will tell what became of it
    kind, _, verb = call.event_name.lower().rpartition("/")
    act = act_of(verb, call.detail.event_type or "")
    namespace, _, path = kind.partition("/")
    rule = catalog.event(namespace, path) if act is not None else None
    if act is None or rule is None:
        return None
    body = _unmasked(call.detail.request) if isinstance(call.detail.request, dict) else {}
    document = Document({"req": body, "res": place_of(resource)})
    groups = (tuple(_acting(group, act, body)) for group in groups_of(rule, document, []))
    return claim(event, envelope, call, groups, account_id=event.account_id, region=None, sanctions=sanctions)


def act_of(verb: str, phase: str) -> Act | None:
    """What an entry says of the resource's existence; None where it says nothing yet, or of an action."""
    if verb == "delete":
        return None if phase.startswith((_STARTED, _ACCEPTED)) else Act.DELETE
    if verb == "write":
        return Act.CREATE if phase.endswith(_CREATED) else Act.UPDATE
    return None


def place_of(resource: str) -> dict[str, str]:
    """What a resource's id tells, in small letters: ``id``, ``name``, ``parent`` and each collection's member.

    ``scope`` is the id of what an extension (a lock, a diagnostic setting) is of.
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


def _acting(group: Group, act: Act, body: dict[str, Any]) -> Iterator[Target]:
    targets = [found for target in group if (found := _acted(target, act)) is not None]
    system = _system(body)
    yield from sorted(targets, key=lambda target: system is not None and system not in target.type)


def _acted(target: Target, act: Act) -> Target | None:
    """What the operation is about, under its act; what holds that (of kind update), with what it gains or loses."""
    if target.act is not Act.UPDATE:
        return acting(target, act)
    is_removal = act is Act.DELETE
    operations = tuple(one for one in target.operations if (one.verb is Verb.REMOVE) is is_removal)
    return target.model_copy(update={"operations": operations}) if operations else None


def _system(body: dict[str, Any]) -> str | None:
    """The part of a type's name that the body's operating system asks for; None where it tells none."""
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
