"""The subject grammar of the ledger: ``tfdrift.<event>.<severity>.<provider>.<kind>``.

Subjects carry what filters ask for, so a filter works alike in NATS, in the gateway and in access rules.
A token is lower-case; what NATS forbids in a token (white space, ``.``, ``*``, ``>``, control characters)
becomes ``_``, and so does everything outside printable ASCII, since clients print subjects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import product
from math import prod
from typing import Final

from tfdrift.severity import Severity

STREAM: Final = "TFDRIFT"
PREFIX: Final = "tfdrift"
ALL_EVENTS: Final = f"{PREFIX}.>"

DEAD_STREAM: Final = "TFDRIFT_DEAD"
DEAD_PREFIX: Final = "tfdrift_dead"

# A subject is a header line of every message; NATS allows 4 KiB for the whole control line.
MAX_TOKEN_LENGTH: Final = 96

# How many filters one consumer of NATS may have.
MAX_FILTERS: Final = 64

_FORBIDDEN: Final = re.compile(r"[^!-~]|[.*>]")


class EventName(StrEnum):
    """The events that a client can see, as SSE's ``event:`` field names them."""

    FALCO = "falco"
    DRIFT = "drift"
    STATE_CHANGE = "state_change"
    ATTRIBUTION = "attribution"


class Provider(StrEnum):
    """The system in which something changed."""

    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"
    KUBERNETES = "kubernetes"
    HOST = "host"
    OTHER = "other"


class SubjectError(ValueError):
    """A subject that violates the ledger's grammar; the message names the subject and the token."""


def token(text: str) -> str:
    """Return a text as one token of a subject; the empty text becomes ``_``."""
    return _FORBIDDEN.sub("_", text.lower())[:MAX_TOKEN_LENGTH] or "_"


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject of the ledger in its parts; ``kind`` is a token already."""

    event: EventName
    severity: Severity
    provider: Provider
    kind: str

    def __str__(self) -> str:
        return f"{PREFIX}.{self.event}.{self.severity}.{self.provider}.{self.kind}"


def build(event: EventName, severity: Severity, provider: Provider, kind: str) -> Subject:
    """Return the subject of an event; ``kind`` may be any text and becomes a token."""
    return Subject(event, severity, provider, token(kind))


def parse(subject: str) -> Subject:
    """Parse a subject of the ledger.

    Raises:
        SubjectError: it does not have five tokens, a token is not one of the words of its place, or `kind` is not a
            token that `build` returns.
    """
    parts = subject.split(".")
    if len(parts) != 5 or parts[0] != PREFIX or token(parts[4]) != parts[4]:
        raise SubjectError(f"{subject!r} is not of the form {PREFIX}.<event>.<severity>.<provider>.<kind>")
    try:
        return Subject(EventName(parts[1]), Severity(parts[2]), Provider(parts[3]), parts[4])
    except ValueError as error:
        raise SubjectError(f"{subject!r}: {error}") from error


@dataclass(frozen=True, slots=True)
class Pattern:
    """A filter of subjects; an empty set matches everything, and ``kinds`` may contain ``*`` globs."""

    events: frozenset[EventName] = frozenset()
    severities: frozenset[Severity] = frozenset()
    providers: frozenset[Provider] = frozenset()
    kinds: frozenset[str] = frozenset()

    def matches(self, subject: Subject) -> bool:
        """Whether the filter matches the subject."""
        return (
            (not self.events or subject.event in self.events)
            and (not self.severities or subject.severity in self.severities)
            and (not self.providers or subject.provider in self.providers)
            and (not self.kinds or any(fnmatchcase(subject.kind, kind) for kind in self.kinds))
        )

    def subjects(self) -> tuple[str, ...] | None:
        """Return the same filter as subjects of NATS, without overlap; None where NATS has none such, or too many."""
        if any(character in kind for kind in self.kinds for character in "*?["):
            return None
        tokens = [sorted(wanted) or ["*"] for wanted in (self.events, self.severities, self.providers, self.kinds)]
        if prod(map(len, tokens)) > MAX_FILTERS:
            return None
        return tuple(".".join((PREFIX, *chosen)) for chosen in product(*tokens))
