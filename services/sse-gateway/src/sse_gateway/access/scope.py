"""What a token may see: NATS subject patterns, and workspaces.

A scope is part of the filter of every read of the ledger, so a cursor, a replay or a list never shows more than the
live stream does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sse_gateway.errors import ScopeError
from tfdrift.severity import Severity
from tfdrift.subjects import PREFIX, EventName, Provider, build

# A token of a NATS pattern: a word, or a wildcard alone ("aws_*" is not a pattern in NATS).
_TOKEN: Final = re.compile(r"[!-)+-\-/-=?-~]+|\*")
_ANY_TAIL: Final = ">"
_MAX_PATTERNS: Final = 64


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be seen; None means everything, and an empty tuple or set nothing.

    Attributes:
        subjects: NATS patterns such as ``tfdrift.drift.>``, in which ``*`` is one token and a last ``>`` all the rest.
        workspaces: names; an event without a workspace is then not seen.
    """

    subjects: tuple[str, ...] | None = None
    workspaces: frozenset[str] | None = None

    def allows(self, subject: str, workspace: str | None) -> bool:
        """Whether an event on ``subject`` about ``workspace`` may be seen."""
        return self.allows_workspace(workspace) and self.allows_subject(subject)

    def allows_workspace(self, workspace: str | None) -> bool:
        """Whether anything about a workspace may be seen."""
        return self.workspaces is None or workspace in self.workspaces

    def allows_subject(self, subject: str) -> bool:
        """Whether an event on ``subject`` may be seen, apart from its workspace."""
        return self.subjects is None or any(_covers(pattern, subject) for pattern in self.subjects)

    def allows_event(self, event: EventName) -> bool:
        """Whether any event of this name may be seen."""
        return self.subjects is None or any(_reaches(pattern, event) for pattern in self.subjects)

    def allows_resource(self, provider: Provider, resource_type: str, workspace: str) -> bool:
        """Whether the record of a resource may be seen: a token that may see its state changes may."""
        subject = build(EventName.STATE_CHANGE, Severity.INFO, provider, resource_type)
        return self.allows(str(subject), workspace)

    def allows_head(self, workspace: str) -> bool:
        """Whether the counts of a workspace may be seen: a token that may see any of its state changes may."""
        return self.allows_workspace(workspace) and self.allows_event(EventName.STATE_CHANGE)


EVERYTHING: Final = Scope()


def parse_scope(subjects: object, workspaces: object) -> Scope:
    """Returns the scope of two claims or two members of a file, each a list of texts or absent (None).

    Raises:
        ScopeError: one is neither, or a pattern is not a NATS pattern.
    """
    patterns, names = _texts("subjects", subjects), _texts("workspaces", workspaces)
    for pattern in patterns or ():
        _check(pattern)
    if patterns is not None and len(patterns) > _MAX_PATTERNS:
        raise ScopeError(f"there are {len(patterns)} subject patterns, more than {_MAX_PATTERNS}")
    return Scope(
        tuple(sorted(set(patterns))) if patterns is not None else None,
        frozenset(names) if names is not None else None,
    )


def _texts(name: str, value: object) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise ScopeError(f"{name} is not a list of texts")
    return value


def _check(pattern: str) -> None:
    *tokens, last = pattern.split(".")
    if not all(_TOKEN.fullmatch(token) for token in tokens) or not (last == _ANY_TAIL or _TOKEN.fullmatch(last)):
        raise ScopeError(
            f"{pattern!r} is not a NATS subject pattern such as tfdrift.drift.> or tfdrift.*.critical.aws.>"
        )
    if (tokens or [last])[0] not in (PREFIX, "*", _ANY_TAIL):
        raise ScopeError(f"{pattern!r} does not begin with {PREFIX}, so it never matches")


def _covers(pattern: str, subject: str) -> bool:
    tokens = subject.split(".")
    for index, wanted in enumerate(pattern.split(".")):
        if index >= len(tokens):
            return False
        if wanted == _ANY_TAIL:
            return True
        if wanted not in ("*", tokens[index]):
            return False
    return len(tokens) == index + 1


def _reaches(pattern: str, event: EventName) -> bool:
    tokens = pattern.split(".")
    if _ANY_TAIL in tokens[:2]:
        return True
    return len(tokens) > 1 and tokens[1] in ("*", event)


@dataclass(frozen=True, slots=True)
class Grant:
    """What one bearer may do, and how long.

    Attributes:
        name: who it is, for logs, limits and the history of drifts.
        scope: what it may see.
        may_write: whether it may change what it sees, for example dismiss a drift.
        expires: when its streams end; None is never.
        by_cookie: whether a browser sent the token by itself; another site may have caused that.
    """

    name: str
    scope: Scope = EVERYTHING
    may_write: bool = False
    expires: datetime | None = None
    by_cookie: bool = False
