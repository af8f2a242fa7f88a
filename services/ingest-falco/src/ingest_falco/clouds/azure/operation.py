"""The operation behind an alert about Azure's Activity Log."""

from __future__ import annotations

import re
from typing import Final

from ingest_falco.clouds.azure.entry import AzureEntry
from ingest_falco.clouds.call import Call
from ingest_falco.clouds.caller_agent import AZURE_APPLICATIONS, azure_via
from ingest_falco.clouds.part import sentence
from tfdrift.events import CloudCall, CloudResource, UserIdentity, Via

# An operation has several entries: its start, for longer ones that it was accepted, and how it ended.
STARTED: Final = "Started"
ACCEPTED: Final = "Accepted"
SUCCEEDED: Final = "Succeeded"
FAILED: Final = "Failed"
_PHASES: Final = {
    "start": STARTED,
    "started": STARTED,
    "accept": ACCEPTED,
    "accepted": ACCEPTED,
    "success": SUCCEEDED,
    "succeeded": SUCCEEDED,
    "failure": FAILED,
    "failed": FAILED,
    "cancelled": FAILED,
    "canceled": FAILED,
}
_CREATED: Final = "Created"

_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([0-9a-f-]{36})", re.IGNORECASE)
_NAMESPACE: Final = re.compile(r"[a-z0-9]+(\.[a-z0-9]+)+", re.IGNORECASE)


def call_of(entry: AzureEntry) -> Call:
    """The Azure operation of one entry."""
    operation, name = entry.operation, entry.resource_id
    namespace = operation.split("/", 1)[0].lower()
    phase = _PHASES.get((entry.status or "").lower())
    subscription = _SUBSCRIPTION.search(name or "")
    account = subscription.group(1).lower() if subscription else entry.subscription_id
    resources: tuple[CloudResource, ...] = ()
    if name is not None:
        resources = (CloudResource(arn=name, type=operation.rsplit("/", 1)[0].lower(), account_id=account),)
    return Call(
        event_id=_event_id(entry, phase),
        event_name=operation,
        occurred=entry.time,
        service=namespace if _NAMESPACE.fullmatch(namespace) else None,
        account_id=account,
        region=None,
        source_ip=entry.caller_ip,
        user_agent=entry.user_agent,
        error_code=(entry.sub_status or FAILED) if phase == FAILED else None,
        read_only=operation.lower().endswith("/read"),
        resources=resources,
        identity=identify(entry),
        detail=CloudCall(
            incomplete=bool(entry.gaps),
            detail=sentence(entry.gaps),
            event_source=namespace,
            event_type=_type(entry, phase),
            request=entry.body,
            operation=_operation(entry),
        ),
        gaps=entry.gaps,
    )


def identify(entry: AzureEntry) -> UserIdentity | None:
    """Who did it: a person by the user principal name, an application by its id.

    The log has no user agent. Microsoft's own clients are known by the application that the token was given to;
    Terraform run with the Azure CLI's login looks like the CLI, and with a service principal like any application.
    """
    person, application = _person(entry.user_principal), entry.application_id
    if not (person or entry.caller or application or entry.object_id):
        return None
    name = person or entry.caller
    is_person = name is not None and "@" in name
    via = azure_via(entry.user_agent)
    if via is Via.UNKNOWN and application is not None:
        via = AZURE_APPLICATIONS.get(application, Via.UNKNOWN if is_person else Via.SDK)
    return UserIdentity(
        type="User" if is_person else "ServicePrincipal",
        user_name=name or application or entry.object_id,
        principal_id=entry.object_id or (None if is_person else entry.caller),
        account_id=entry.tenant_id,
        session_name=None if is_person else application,
        via=via,
    )


def _person(name: str | None) -> str | None:
    """A name without what Microsoft Entra ID writes before that of a personal account: ``live.com#ann@example.com``."""
    return name.strip().removeprefix("live.com#") if name is not None else None


def _event_id(entry: AzureEntry, phase: str | None) -> str | None:
    """The entry's own id; streamed entries have none, but that of the operation, which its entries share."""
    if entry.event_data_id is not None or entry.correlation_id is None:
        return entry.event_data_id
    named = (entry.operation, entry.resource_id)
    return "/".join([entry.correlation_id, phase or "-", *(part.lower() for part in named if part)])


def _operation(entry: AzureEntry) -> str | None:
    """An id that the entries of one operation share: a correlation alone may be that of a whole deployment."""
    if entry.correlation_id is None:
        return None
    return "/".join([entry.correlation_id, entry.operation.lower(), (entry.resource_id or "").lower()])


def _type(entry: AzureEntry, phase: str | None) -> str | None:
    """The phase; with ``Created`` where the entry says that the resource is new."""
    is_new = "created" in (entry.sub_status or "").lower() or (entry.status_code or "").lower() in ("created", "201")
    return f"{phase}{_CREATED}" if is_new and phase in (ACCEPTED, SUCCEEDED) else phase
