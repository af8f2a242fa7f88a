"""The note that a recorder leaves at the fence of a workspace: which state it began to record.

Another recorder that reads the same state joins it: both then write the same records under the same fence and publish
the same events, whichever of them lives. One that reads a different state raises the fence anew, and so ends the first.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from ingest_tfstate.record.records import StateSnapshot
from tfdrift.records import WorkspaceHead


class FenceNote(msgspec.Struct, frozen=True):
    """What is being recorded.

    Attributes:
        digest: the state's fingerprint.
        moment: `StateSnapshot.moment` of whoever began, since clocks differ.
        refills: the bucket was lost, so that all records are written and none of them is a change.
    """

    digest: str = ""
    moment: datetime = datetime.min
    refills: bool = False


_DECODER = msgspec.json.Decoder(FenceNote)


def decode_note(note: bytes) -> FenceNote:
    """Returns the note of a fence, an empty one where nobody left one that can be read."""
    try:
        return _DECODER.decode(note) if note else FenceNote()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return FenceNote()


def encode_note(note: FenceNote) -> bytes:
    """Returns the note as it is stored."""
    return msgspec.json.encode(note)


def is_under_way(fence: int, head: WorkspaceHead | None) -> bool:
    """Whether a recording began behind the fence of a revision, and did not move the head yet."""
    return fence > 0 and (head is None or head.fence != fence)


def next_note(snapshot: StateSnapshot, fence: int, before: FenceNote, head: WorkspaceHead | None) -> FenceNote:
    """Returns the note to raise a fence with that stands at a revision with the note `before`."""
    lost = head is not None and head.fence > 0 and fence == 0
    inherited = is_under_way(fence, head) and before.refills
    return FenceNote(snapshot.digest, snapshot.moment, lost or inherited)
