"""A fence: a key of a bucket whose revision other writes of the bucket name, so that one write refuses all of theirs.

A process that writes many keys raises the fence first, and then names the revision that it got with each write. As soon
as another process raises the fence, the server refuses every later write of the first one, however long it was paused.
A key's own compare-and-set cannot do that for keys that the second process had no reason to write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EXPECTED_REVISION = "Nats-Expected-Last-Subject-Sequence"
_EXPECTED_REVISION_OF = "Nats-Expected-Last-Subject-Sequence-Subject"  # nats-server 2.11 and later


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence as it stands.

    Attributes:
        subject: that of its key.
        revision: 0 when it was never raised.
        note: what its raiser left there.
    """

    subject: str
    revision: int
    note: bytes = b""

    def headers(self) -> Mapping[str, str]:
        """Returns the headers of a write that is refused once the fence has been raised again."""
        return {EXPECTED_REVISION: str(self.revision), _EXPECTED_REVISION_OF: self.subject}
