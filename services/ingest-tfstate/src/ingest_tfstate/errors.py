"""The reasons why a state is refused. Each is a named condition: a metric and the log show it, the last state stays.

StateError                  a named condition of one workspace
├── ReadError               the bytes could not be read
│   ├── Missing             ``missing``: the file or object does not exist, or no longer
│   ├── Unreadable          ``unreadable``: no permission, a folder in its place, an I/O error
│   ├── Unavailable         ``unavailable``: the object store does not answer, or refuses the credentials
│   └── TooLarge            ``too_large``: more bytes than TFDRIFT_MAX_STATE_BYTES
├── ContentError            the bytes are not a state that we can read
│   ├── Truncated           ``truncated``: the JSON ends too early; usually a write is under way
│   ├── Malformed           ``malformed``: not JSON, or not of a state's shape
│   ├── NotAState           ``not_a_state``: a plan, a lock, an archive, or another file of Terraform's
│   ├── TooDeep             ``too_deep``: nested deeper than any provider's schema
│   ├── Encrypted           ``encrypted``: OpenTofu's state encryption
│   ├── FutureVersion       ``future_version``: a format newer than 4
│   └── OldVersion          ``old_version``: a format older than 3, before Terraform 0.7
├── Failed                  ``failed``: a defect of ours, with a traceback in the log
├── Incomplete              ``incomplete``: some of its resources could not be recorded; the others are
└── OrderError              a good state that must not follow the recorded one
    ├── StaleSerial         ``stale_serial``: a lower serial of the same lineage
    ├── LineageChanged      ``lineage_changed``: a different state under the same name
    ├── DuplicateWorkspace  ``duplicate_workspace``: another state has the workspace name
    └── DuplicateState      ``duplicate_state``: another workspace has the same lineage and the same resources
"""

# ruff: noqa: N818 - each name is the condition

from __future__ import annotations

from typing import ClassVar


class StateError(Exception):
    """A named condition. The message names the state, the reason and the remedy."""

    condition: ClassVar[str]


class ReadError(StateError):
    """The bytes of a state could not be read."""


class Missing(ReadError):
    """The file or object does not exist."""

    condition = "missing"


class Unreadable(ReadError):
    """The file exists and cannot be read."""

    condition = "unreadable"


class Unavailable(ReadError):
    """The store that holds the state does not answer or refuses us."""

    condition = "unavailable"


class TooLarge(ReadError):
    """The state is larger than the operator allows."""

    condition = "too_large"


class ContentError(StateError):
    """The bytes are not a state that we can read."""


class Truncated(ContentError):
    """The JSON ends before it is complete."""

    condition = "truncated"


class Malformed(ContentError):
    """Not JSON, or not of a state's shape."""

    condition = "malformed"


class NotAState(ContentError):
    """Another file that Terraform or its tools write."""

    condition = "not_a_state"


class TooDeep(ContentError):
    """Attributes nested deeper than `tfdrift.redaction.MAX_DEPTH`."""

    condition = "too_deep"


class Encrypted(ContentError):
    """A state under OpenTofu's state encryption."""

    condition = "encrypted"


class FutureVersion(ContentError):
    """A state format newer than 4."""

    condition = "future_version"


class OldVersion(ContentError):
    """A state format older than 3."""

    condition = "old_version"


class Failed(StateError):
    """An unexpected error, which is a defect of this program."""

    condition = "failed"


class Incomplete(StateError):
    """Some resources of a state could not be recorded; they keep their last records, and the others are recorded."""

    condition = "incomplete"


class OrderError(StateError):
    """A good state that must not follow the recorded one."""


class StaleSerial(OrderError):
    """A lower serial of the same lineage."""

    condition = "stale_serial"


class LineageChanged(OrderError):
    """Another lineage under the same workspace name."""

    condition = "lineage_changed"


class DuplicateWorkspace(OrderError):
    """Another state has the workspace name."""

    condition = "duplicate_workspace"


class DuplicateState(OrderError):
    """Another workspace has the same lineage and the same resources."""

    condition = "duplicate_state"


CONDITIONS: tuple[str, ...] = tuple(
    error.condition
    for error in (
        Missing,
        Unreadable,
        Unavailable,
        TooLarge,
        Truncated,
        Malformed,
        NotAState,
        TooDeep,
        Encrypted,
        FutureVersion,
        OldVersion,
        Failed,
        Incomplete,
        StaleSerial,
        LineageChanged,
        DuplicateWorkspace,
        DuplicateState,
    )
)
