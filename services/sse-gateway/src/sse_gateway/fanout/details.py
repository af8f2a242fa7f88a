"""Filters that look into an event's payload: account, region, person, resource and status.

Subjects do not carry these, so the payload must be decoded. That happens once for each event, not for each client, and
only while some client asks for such a filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final

import orjson

from sse_gateway.fanout.frame import payload_of
from tfdrift.events import DriftStatus

# Events whose attributes are remembered: enough for a burst that goes to many groups.
_REMEMBERED_EVENTS: Final = 1024

_NAMES: Final = ("user_name", "arn", "principal_id")
_RESOURCES: Final = ("address", "resource", "previous_address", "resource_id")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What an event is about, in folded case; None or empty where it does not say."""

    account: str | None = None
    region: str | None = None
    users: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """What a filter asks of a payload; an empty set asks for everything.

    An event that does not say something is not taken by a filter that asks for it.

    Attributes:
        users: globs of user names, ARNs and principal ids.
        resources: globs of Terraform addresses and of the cloud's own ids.
        statuses: of drifts; other events have none.
    """

    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    statuses: frozenset[DriftStatus] = frozenset()

    def take(self, data: bytes) -> bool:
        """Whether an event that `frame.encode` made is asked for."""
        found = attributes_of(data)
        return (
            (not self.accounts or found.account in self.accounts)
            and (not self.regions or found.region in self.regions)
            and (not self.statuses or found.status in self.statuses)
            and (not self.users or any_matches(self.users, found.users))
            and (not self.resources or any_matches(self.resources, found.resources))
        )


@lru_cache(maxsize=_REMEMBERED_EVENTS)
def attributes_of(data: bytes) -> Attributes:
    """Returns what an event is about; nothing for a payload that is not a JSON object."""
    try:
        payload = orjson.loads(payload_of(data))
    except ValueError:
        return Attributes()
    if not isinstance(payload, dict):
        return Attributes()
    identities = [payload.get("user_identity"), *(_member(each, "user_identity") for each in _list(payload, "actors"))]
    named = [payload.get(name) for name in _RESOURCES] + [_member(each, "arn") for each in _list(payload, "resources")]
    return Attributes(
        account=_folded(payload.get("account_id")),
        region=_folded(payload.get("region")),
        users=frozenset(filter(None, (_folded(_member(who, name)) for who in identities for name in _NAMES))),
        resources=frozenset(filter(None, map(_folded, named))),
        status=_folded(payload.get("status")),
    )


def text_glob(value: str) -> str:
    """Returns a value of a parameter as a glob in folded case, in which only ``*`` is special."""
    return value.strip().casefold().replace("[", "[[]").replace("?", "[?]")


def any_matches(globs: frozenset[str], texts: frozenset[str] | tuple[str, ...]) -> bool:
    """Whether one of the globs matches one of the texts."""
    return any(fnmatchcase(text, glob) for glob in globs for text in texts)


def _folded(value: Any) -> str | None:
    return value.casefold() if isinstance(value, str) else None


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _list(payload: dict[str, Any], name: str) -> list[Any]:
    found = payload.get(name)
    return found if isinstance(found, list) else []
