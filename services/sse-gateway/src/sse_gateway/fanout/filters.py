"""Compiles query parameters into a filter. Clients with equal parameters share one filter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar
from weakref import WeakValueDictionary

from sse_gateway.access.scope import EVERYTHING, Scope
from sse_gateway.errors import BadParameter
from sse_gateway.fanout.details import Details, text_glob
from sse_gateway.fanout.frame import Frame
from tfdrift.events import DriftStatus
from tfdrift.severity import Severity
from tfdrift.subjects import MAX_TOKEN_LENGTH, EventName, Pattern, Provider, SubjectError, parse

FILTER_PARAMETERS: Final = (
    *("events", "severity", "provider", "kind", "workspace"),
    *("account", "region", "user", "status"),
)

# A glob of the characters of a subject token (printable ASCII without "." and ">").
_KIND: Final = re.compile(rf"[!-\-/-=?-~]{{1,{MAX_TOKEN_LENGTH}}}")

# Subjects are few (event, severity, provider, kind); past this many the remembered answers are dropped.
_REMEMBERED_SUBJECTS: Final = 4096

_EVENTS_IN_ORDER: Final = (EventName.DRIFT, EventName.FALCO, EventName.STATE_CHANGE, EventName.ATTRIBUTION)

Query = Sequence[tuple[str, str]]
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Filter:
    """A compiled filter; an empty set asks for everything.

    Attributes:
        pattern: the subjects that are asked for.
        workspaces: the workspaces that are asked for; an event without a workspace is in none of them.
        scope: what the client may see, whatever it asks for.
        details: what is asked of the payload; None is nothing, so that it need not be decoded.
    """

    pattern: Pattern = field(default_factory=Pattern)
    workspaces: frozenset[str] = frozenset()
    scope: Scope = EVERYTHING
    details: Details | None = None
    _answers: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def takes(self, frame: Frame) -> bool:
        """Whether an event is asked for."""
        return self.matches(frame.subject, frame.workspace) and self.takes_payload(frame.data)

    def takes_payload(self, data: bytes) -> bool:
        """Whether the payload of an event is asked for, apart from its subject and workspace."""
        return self.details is None or self.details.take(data)

    def matches(self, subject: str, workspace: str | None) -> bool:
        """Whether events on ``subject`` about ``workspace`` are asked for; a foreign subject never is."""
        if self.workspaces and workspace not in self.workspaces:
            return False
        if not self.scope.allows_workspace(workspace):
            return False
        answer = self._answers.get(subject)
        if answer is None:
            if len(self._answers) >= _REMEMBERED_SUBJECTS:
                self._answers.clear()
            answer = _matches(self.pattern, subject) and self.scope.allows_subject(subject)
            self._answers[subject] = answer
        return answer

    @property
    def subjects(self) -> tuple[str, ...] | None:
        """The same as NATS filter subjects; None where subjects alone do not decide, or where they are too many."""
        if self.workspaces or self.details is not None or self.scope != EVERYTHING:
            return None
        return self.pattern.subjects()

    @property
    def events(self) -> tuple[EventName, ...]:
        """The events that can match."""
        wanted = self.pattern.events or frozenset(EventName)
        return tuple(event for event in _EVENTS_IN_ORDER if event in wanted and self.scope.allows_event(event))


def _matches(pattern: Pattern, subject: str) -> bool:
    try:
        return pattern.matches(parse(subject))
    except SubjectError:
        return False


_shared: WeakValueDictionary[tuple[Pattern, frozenset[str], Scope, Details | None], Filter] = WeakValueDictionary()


def compile_filter(query: Query, scope: Scope = EVERYTHING, also: Sequence[str] = ()) -> Filter:
    """Returns the filter of a query's filter parameters, within `scope`; other parameters are ignored.

    ``also`` names further filter parameters; ``resource`` is one that only lists have.

    Equal filters are one object, so clients with equal filters share work and memory.

    Raises:
        BadParameter: a value is not known.
    """
    return _compile(tuple((name, value) for name, value in query if name in FILTER_PARAMETERS or name in also), scope)


@lru_cache(maxsize=64)
def _compile(query: Query, scope: Scope) -> Filter:
    """The same for the filter parameters alone. Clients that reconnect together ask for the same."""
    pattern = Pattern(
        events=frozenset(_words(query, "events", EventName)),
        severities=frozenset(severities(query)),
        providers=frozenset(_words(query, "provider", Provider)),
        kinds=frozenset(kind_glob(value) for value in values(query, "kind")),
    )
    workspaces, details = frozenset(values(query, "workspace")), parse_details(query)
    if details is not None and details.statuses and EventName.DRIFT in (pattern.events or EventName):
        pattern = replace(pattern, events=frozenset({EventName.DRIFT}))  # no other event has a status
    key = (pattern, workspaces, scope, details)
    found = _shared.get(key)
    if found is None:
        found = _shared[key] = Filter(*key)
    return found


def parse_details(query: Query) -> Details | None:
    """Returns what a query asks of the payload; None if it asks for nothing.

    Raises:
        BadParameter: a value is not known.
    """
    details = Details(
        accounts=frozenset(value.strip().casefold() for value in values(query, "account")),
        regions=frozenset(value.strip().casefold() for value in values(query, "region")),
        users=frozenset(text_glob(value) for value in values(query, "user")),
        resources=frozenset(text_glob(value) for value in values(query, "resource")),
        statuses=frozenset(_words(query, "status", DriftStatus)),
    )
    return details if details != Details() else None


def check_names(query: Query, allowed: Iterable[str]) -> None:
    """Raise `BadParameter` for the first parameter whose name is not allowed."""
    names = tuple(allowed)
    for name, _ in query:
        if name not in names:
            raise BadParameter(name, f"the parameter {name!r} is not known here", names)


def values(query: Query, name: str) -> Iterator[str]:
    """Yield every value of a parameter that may be repeated or separated by commas; an empty value is refused."""
    for key, text in query:
        if key == name:
            for value in text.split(","):
                if not value.strip():
                    raise BadParameter(name, f"{name} has an empty value")
                yield value


def single(query: Query, name: str) -> str | None:
    """Returns the value of a parameter that may be given once; a second or an empty value is refused."""
    found = [value for key, value in query if key == name]
    if len(found) > 1:
        raise BadParameter(name, f"{name} is given {len(found)} times, and may be given once")
    if found and not found[0]:
        raise BadParameter(name, f"{name} has an empty value")
    return found[0] if found else None


def choose(name: str, value: str, words: type[Word]) -> Word:
    """Returns the member of an enumeration that ``value`` names."""
    try:
        return words(value.strip().lower())
    except ValueError:
        raise BadParameter(name, f"{name} {value!r} is not known", [str(word) for word in words]) from None


def _words(query: Query, name: str, words: type[Word]) -> Iterator[Word]:
    return (choose(name, value, words) for value in values(query, name))


def severities(query: Query) -> Iterator[Severity]:
    """Yield the severities that ``severity`` names; ``high+`` is that and every more severe one."""
    allowed = [*map(str, Severity), *(f"{severity}+" for severity in Severity)]
    for value in values(query, "severity"):
        # In a query string "+" means a space (WHATWG URL standard section 5.1), so "high+" arrives as "high ".
        name, above = value[:-1].strip(), value[-1] in "+ "
        try:
            severity = Severity((name if above else value.strip()).lower())
        except ValueError:
            raise BadParameter("severity", f"severity {value!r} is not known", allowed) from None
        yield from severity.and_above() if above else (severity,)


def kind_glob(value: str) -> str:
    """Returns a ``kind`` as a glob of `Pattern`, in which only ``*`` is special."""
    kind = value.strip().lower()
    if not _KIND.fullmatch(kind):
        allowed = ("a Terraform resource type", "a cloud service", "a Falco source", "a glob such as aws_iam_*")
        raise BadParameter("kind", f"kind {value!r} contains a character that no kind has", allowed)
    return kind.replace("[", "[[]").replace("?", "[?]")
