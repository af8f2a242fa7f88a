"""What every source of states can do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ingest_tfstate.sources.uri import SourceUri


@dataclass(frozen=True, slots=True)
class Found:
    """A state that a source holds.

    Attributes:
        path: below the source's fixed part.
        signature: changes whenever the content does; None where only a read can tell.
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
    """A place of states; it keeps nothing, so it may be asked again at any time."""

    @property
    def uri(self) -> SourceUri:
        """Which states it holds."""
        ...

    async def states(self) -> list[Found]:
        """The states that are there now, in the order of their paths.

        Raises:
            ReadError: the place itself is not there or cannot be listed.
        """
        ...

    async def read(self, found: Found, known: str | None) -> Content | None:
        """A state's content, or None while it is still the one of signature `known`.

        Raises:
            ReadError: it cannot be read, or is too large.
        """
        ...

    async def notify(self, wake: asyncio.Event) -> None:
        """Set `wake` whenever something may have changed, until cancelled; a source that cannot tell returns."""
        ...
