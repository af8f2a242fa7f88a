"""The interface of a source of states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ingest_tfstate.sources.uri import SourceUri


@dataclass(frozen=True, slots=True)
class Found:
    """A state that a source lists.

    Attributes:
        path: below the source's fixed part.
        signature: changes whenever the content does; None where only a read shows a change.
    """

    path: str
    signature: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """A state's bytes.

    Attributes:
        modified: when they were written, by the source's clock.
        signature: that of exactly these bytes.
    """

    data: bytes
    modified: datetime
    signature: str


class Source(Protocol):
    """A place of states. It keeps no memory of what it answered, so it can be asked again at any time."""

    @property
    def uri(self) -> SourceUri:
        """The URI that names its states."""
        ...

    async def states(self) -> list[Found]:
        """Returns the states that are there now, in the order of their paths.

        Raises:
            ReadError: the place itself is not there or cannot be listed.
        """
        ...

    async def read(self, found: Found, known: str | None) -> Content | None:
        """Returns a state's content, or None while it still has the signature `known`.

        Raises:
            ReadError: it cannot be read, or it is too large.
        """
        ...

    async def notify(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever something may have changed, until cancelled; a source that cannot notify returns."""
        ...
