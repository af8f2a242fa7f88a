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

# Filters that one consumer of NATS is asked to match.
MAX_FILTERS: Final = 64

_FORBIDDEN: Final = re.compile(r"[^!-~]|[.*>]")


class EventName(StrEnum):
    """The events that a client can see, as SSE's ``event:`` field names them."""

    FALCO = "falco"
    DRIFT = "drift"
    STATE_CHANGE = "state_change"
    ATTRIBUTION = "attribution"


class Provider(StrEnum):
    """Where the changed thing lives."""

    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"
    KUBERNETES = "kubernetes"
    HOST = "host"
    OTHER = "other"


class SubjectError(ValueError):
    """A subject that is not of the ledger's grammar; the message names the subject and the token."""


def token(text: str) -> str:
    """``text`` as one subject token; the empty text becomes ``_``."""
    return _FORBIDDEN.sub("_", text.lower())[:MAX_TOKEN_LENGTH] or "_"


@dataclass(frozen=True, slots=True)
class Subject:
    """One ledger subject in its parts; ``kind`` is a token already."""

    event: EventName
    severity: Severity
    provider: Provider
    kind: str

    def __str__(self) -> str:
        return f"{PREFIX}.{self.event}.{self.severity}.{self.provider}.{self.kind}"


def build(event: EventName, severity: Severity, provider: Provider, kind: str) -> Subject:
    """The subject of an event; ``kind`` may hold anything and is made a token."""
    return Subject(event, severity, provider, token(kind))


def parse(subject: str) -> Subject:
    """The parts of a ledger subject.

    Raises:
        SubjectError: it has not five tokens, or a token holds a word that its place does not know, or `kind` is no
            token that `build` makes.
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
    """What a reader asks for: an empty set asks for everything; ``kinds`` may hold ``*`` globs."""

    events: frozenset[EventName] = frozenset()
    severities: frozenset[Severity] = frozenset()
    providers: frozenset[Provider] = frozenset()
    kinds: frozenset[str] = frozenset()

    def matches(self, subject: Subject) -> bool:
        """Whether the subject is asked for."""
        return (
            (not self.events or subject.event in self.events)
            and (not self.severities or subject.severity in self.severities)
            and (not self.providers or subject.provider in self.providers)
            and (not self.kinds or any(fnmatchcase(subject.kind, kind) for kind in self.kinds))
        )

    def subjects(self) -> tuple[str, ...] | None:
        """The same as filters of NATS, none of which overlap; None where NATS has no such filters, or they are many."""
        if any(character in kind for kind in self.kinds for character in "*?["):
            return None
        tokens = [sorted(wanted) or ["*"] for wanted in (self.events, self.severities, self.providers, self.kinds)]
        if prod(map(len, tokens)) > MAX_FILTERS:
            return None
        return tuple(".".join((PREFIX, *chosen)) for chosen in product(*tokens))
