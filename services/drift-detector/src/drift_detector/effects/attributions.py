"""Publishes who caused state changes.

Calls come minutes after the states that they explain, or before them. So a change is looked at again whenever a call
about its resource comes in. What was published before is read back from the ledger: it is the memory of all replicas,
and a restart repeats nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from drift_detector.correlate.attribution import attribution_of
from drift_detector.correlate.store import FactStore
from drift_detector.effects.failures import Failures
from tfdrift.bus import Bus, Message
from tfdrift.envelope import Envelope
from tfdrift.events import Attribution, StateChange
from tfdrift.records import digest, resource_key
from tfdrift.subjects import EventName, parse

SUBJECTS = ("tfdrift.state_change.>", "tfdrift.attribution.>")
# The most recent changes are enough: a call comes within minutes, and at some 2 KB a change this is 40 MB.
MAX_CHANGES = 20_000


class Attributions:
    """The recent state changes, and the actors that were published for each."""

    def __init__(self, bus: Bus, store: FactStore, failures: Failures) -> None:
        self._bus = bus
        self._failures = failures
        self._store = store
        self._changes: OrderedDict[str, StateChange] = OrderedDict()
        self._by_resource: dict[str, list[str]] = {}
        self._published: dict[str, frozenset[str]] = {}

    def read(self, message: Message) -> str | None:
        """Read a message of the ledger; returns the key of the resource that a state change is about.

        Raises:
            ValueError: it is neither a state change nor an attribution.
        """
        if parse(message.subject).event is EventName.ATTRIBUTION:
            attribution = Attribution.model_validate_json(message.data)
            if attribution.state_change_id in self._changes:
                actors = frozenset(actor.event_id for actor in attribution.actors)
                self._published[attribution.state_change_id] = actors
            return None
        change = StateChange.model_validate_json(message.data)
        if change.resource is None:
            return None
        key = resource_key(change.workspace, change.resource)
        self._changes[change.id] = change
        self._by_resource.setdefault(key, []).append(change.id)
        if len(self._changes) > MAX_CHANGES:
            self._forget_oldest()
        return key

    def resources(self) -> list[str]:
        """Returns the keys of all resources that changed recently."""
        return list(self._by_resource)

    async def publish(self, key: str, received: datetime) -> None:
        """Publish who caused a resource's recent changes, where more is known than was published.

        Raises:
            BusError: NATS went away.
        """
        for identifier in list(self._by_resource.get(key, ())):
            change = self._changes[identifier]
            try:
                attribution = attribution_of(change, self._store.targets_of(key), self._store.context.catalog)
            except Exception as error:  # noqa: BLE001 - an unforeseen shape of a call or a state
                self._failures.note_error("attribute", f"the state change {identifier}", error)
                continue
            if attribution is None:
                continue
            actors = frozenset(actor.event_id for actor in attribution.actors)
            if actors <= self._published.get(identifier, frozenset()):
                continue
            envelope = Envelope(
                message_id=f"attribution:{identifier}:{digest(','.join(sorted(actors)))}",
                received=received,
                occurred=attribution.actors[-1].timestamp,
                workspace=change.workspace,
            )
            await self._bus.publish_event(attribution, envelope)
            self._published[identifier] = actors

    def _forget_oldest(self) -> None:
        identifier, change = self._changes.popitem(last=False)
        self._published.pop(identifier, None)
        key = resource_key(change.workspace, str(change.resource))
        left = [one for one in self._by_resource.get(key, ()) if one != identifier]
        if left:
            self._by_resource[key] = left
        else:
            self._by_resource.pop(key, None)
