"""Remembers the instances of recorded states, so that those whose bytes did not change are not looked at again.

What is remembered of a workspace holds while its head names the same fence: nobody else has written its records since.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from ingest_tfstate.record.records import Failures
from ingest_tfstate.resource.instances import KnownInstance, OwnPlace, State
from ingest_tfstate.resource.place import Inferences, Place, inferences, own_place, place_of
from tfdrift.records import WorkspaceHead

# An instance takes some 400 bytes, so all together 200 MB.
MAX_INSTANCES: Final = 500_000


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of one workspace.

    Attributes:
        head: its head, which names the fence under which it was recorded.
        by_digest: the instances that are recorded.
        others: the addresses of those that could not be recorded.
        inferred: what their provider configurations agreed on.
    """

    head: WorkspaceHead
    by_digest: dict[bytes, KnownInstance]
    others: frozenset[str]
    inferred: Inferences

    def addresses(self) -> set[str]:
        """Returns the addresses of all instances."""
        return {one.address for one in self.by_digest.values()} | self.others


@dataclass(frozen=True, slots=True)
class Compared:
    """The own places of a state's instances, and what follows for all of its provider configurations."""

    own_places: dict[str, OwnPlace]
    inferred: Inferences

    def places(self) -> dict[str, Place]:
        """Returns the places of the instances that are parsed."""
        return {address: place_of(own, self.inferred) for address, own in self.own_places.items()}


def compared(state: State) -> Compared:
    """Returns the own places of the instances that are parsed, and the inferences from all instances."""
    own_places = {address: own_place(instance) for address, instance in state.instances.items()}
    known = (one.own_place for one in state.unchanged.values())
    return Compared(own_places, inferences([*own_places.values(), *known]))


def remember(state: State, head: WorkspaceHead, found: Compared, failures: Failures) -> Known:
    """Returns what is to be remembered of a state that is recorded now."""
    by_digest = {one.digest: one for one in state.unchanged.values()}
    places: dict[OwnPlace, OwnPlace] = {}
    for address, instance in state.instances.items():
        if instance.digest and address not in failures:
            own = places.setdefault(found.own_places[address], found.own_places[address])
            by_digest[instance.digest] = KnownInstance(address, instance.type, instance.digest, own)
    others = state.instances.keys() & failures.keys() | state.unreadable.keys()
    return Known(head, by_digest, frozenset(others), found.inferred)


class KnownStates:
    """What is remembered of all workspaces; the longest unused is forgotten beyond `MAX_INSTANCES`."""

    def __init__(self, max_instances: int = MAX_INSTANCES) -> None:
        self._max_instances = max_instances
        self._by_workspace: OrderedDict[str, Known] = OrderedDict()

    def get(self, workspace: str, head: WorkspaceHead | None) -> Known | None:
        """Returns what is remembered of a workspace, None unless its head is the one that was recorded then."""
        known = self._by_workspace.get(workspace)
        if known is None or head is None or (known.head.fence, known.head.digest) != (head.fence, head.digest):
            return None
        self._by_workspace.move_to_end(workspace)
        return known

    def head_behind(self, workspace: str, fence: int) -> WorkspaceHead | None:
        """Returns the head that was recorded behind a fence, so that one that is lost can be written again."""
        known = self._by_workspace.get(workspace)
        return known.head if known is not None and known.head.fence == fence else None

    def put(self, workspace: str, known: Known) -> None:
        """Remember a workspace in place of what was remembered of it."""
        self._by_workspace.pop(workspace, None)
        self._by_workspace[workspace] = known
        total = sum(len(one.by_digest) for one in self._by_workspace.values())
        while total > self._max_instances:
            _, oldest = self._by_workspace.popitem(last=False)
            total -= len(oldest.by_digest)
