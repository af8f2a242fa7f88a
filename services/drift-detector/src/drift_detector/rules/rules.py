"""The rules of context: how grave a drift is, which are ignored, and whose calls are sanctioned.

All texts are globs (``*`` and ``?``) and match without regard to case; a list that is empty or left out matches
everything. Severity rules are all tried: a drift takes the gravest that matches, and names every one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from typing import Any, Final, Self

import orjson
from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError, model_validator

from drift_detector.rules.policy_reach import allows_anyone, allows_everything
from tfdrift.events import DriftKind, FalcoEvent, Json, UserIdentity, Via
from tfdrift.severity import Severity

Globs = tuple[str, ...]


class RulesError(Exception):
    """A rules document that cannot be used.

    Attributes:
        place: the keys and indexes that lead to what is wrong.
    """

    def __init__(self, message: str, place: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.place = place


class ValueTest(StrEnum):
    """What a rule may ask of the values of a drift."""

    WORLD_OPEN = "world_open"  # an address range of the whole internet was added
    PUBLIC_PRINCIPAL = "public_principal"  # a policy or a list of grants that lets anyone in
    ALL_ACTIONS = "all_actions"  # a policy that allows every action, or the administrator's managed policy
    TRUE = "true"
    FALSE = "false"


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Subject(_Rule):
    """What a rule is about."""

    types: Globs = ()
    attributes: Globs = ()
    kinds: tuple[DriftKind, ...] = ()
    events: Globs = ()
    workspaces: Globs = ()


class SeverityRule(Subject):
    """A drift that it matches is at least this grave."""

    name: str
    severity: Severity
    value: ValueTest | None = None


class IgnoreRule(Subject):
    """A disagreement that it matches is nobody's concern.

    Attributes:
        users: of the name, the session or the ARN of who called. Whoever assumes a role chooses the session's name.
        services: of the AWS service that called, as AWS saw it, such as ``codedeploy.amazonaws.com``.
        user_agents: of what the caller says of itself, which anybody can say: so such a rule is about things that no
            state holds, and about nothing grave.
        at_most: the gravest drift that it ignores; None for any.
    """

    name: str
    via: tuple[Via, ...] = ()
    users: Globs = ()
    services: Globs = ()
    user_agents: Globs = ()
    at_most: Severity | None = None

    @model_validator(mode="after")
    def _trusts_no_agent(self) -> Self:
        if self.user_agents and self.kinds != (DriftKind.UNMANAGED,):
            raise ValueError("anybody can send any agent: with user_agents, kinds must be [unmanaged]")
        if self.user_agents and (self.at_most is None or self.at_most.rank <= Severity.HIGH.rank):
            raise ValueError("anybody can send any agent: with user_agents, at_most must be medium, low or info")
        return self


class Sanctioned(_Rule):
    """Principals whose calls are expected to show up in a state, as Terraform's own are."""

    users: Globs = ()
    arns: Globs = ()
    user_agents: Globs = ()


RulesOfType = tuple[tuple[SeverityRule, ...], tuple[IgnoreRule, ...]]


class Rules(_Rule):
    """The whole file."""

    default: dict[DriftKind, Severity]
    severity: tuple[SeverityRule, ...] = ()
    ignore: tuple[IgnoreRule, ...] = ()
    sanctioned: Sanctioned = Sanctioned()
    _about: dict[str, RulesOfType] = PrivateAttr(default_factory=dict)

    def about(self, resource_type: str) -> RulesOfType:
        """The rules of severity and those that ignore, as far as they may be about a type; most are about few."""
        found = self._about.get(resource_type)
        if found is None:
            found = self._about[resource_type] = (
                tuple(rule for rule in self.severity if _matches(rule.types, resource_type)),
                tuple(rule for rule in self.ignore if _matches(rule.types, resource_type)),
            )
        return found


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules are asked about.

    Attributes:
        service: the AWS service that called, see `drift_detector.facts.calls.Call.service`.
    """

    resource_type: str
    attribute: str | None
    kind: DriftKind
    event_name: str
    workspace: str | None
    actor: UserIdentity
    old: Json
    new: Json
    service: str | None = None
    user_agent: str | None = None


def parse_rules(document: Any) -> Rules:
    """The rules of a parsed YAML document.

    Raises:
        RulesError: something in it is wrong, and where.
    """
    try:
        return Rules.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")  # of our own checks, which pydantic announces
        raise RulesError(f"{path}: {reason}", tuple(first["loc"])) from error


def severity_of(rules: Rules, judged: Judged) -> tuple[Severity, tuple[str, ...]]:
    """How grave a drift is, and the names of the rules that say so."""
    matched = [
        rule
        for rule in rules.about(judged.resource_type)[0]
        if _about(rule, judged) and (rule.value is None or _TESTS[rule.value](judged.old, judged.new))
    ]
    severities = [rule.severity for rule in matched] or [rules.default.get(judged.kind, Severity.MEDIUM)]
    return min(severities, key=lambda severity: severity.rank), tuple(rule.name for rule in matched)


def ignored_by(rules: Rules, judged: Judged) -> str | None:
    """The name of the rule that ignores a disagreement, or None."""
    for rule in rules.about(judged.resource_type)[1]:
        if _about(rule, judged) and _by(rule, judged) and not _graver(rule, judged, rules):
            return rule.name
    return None


def is_sanctioned(rules: Rules, event: FalcoEvent) -> bool:
    """Whether a call was made by a principal, or with a user agent, that the rules sanction."""
    given = rules.sanctioned
    identity = event.user_identity or UserIdentity()
    names = [name for name in (identity.user_name, identity.session_name) if name]
    return (
        (bool(given.users) and any(_matches(given.users, name) for name in names))
        or (bool(given.arns) and identity.arn is not None and _matches(given.arns, identity.arn))
        or (bool(given.user_agents) and event.user_agent is not None and _matches(given.user_agents, event.user_agent))
    )


def _about(rule: Subject, judged: Judged) -> bool:
    return (
        (not rule.kinds or judged.kind in rule.kinds)
        and (not rule.attributes or (judged.attribute is not None and _matches(rule.attributes, judged.attribute)))
        and _matches(rule.events, judged.event_name)
        and (not rule.workspaces or (judged.workspace is not None and _matches(rule.workspaces, judged.workspace)))
    )


def _by(rule: IgnoreRule, judged: Judged) -> bool:
    actor = judged.actor
    return (
        (not rule.via or actor.via in rule.via)
        and _any_matches(rule.users, actor.user_name, actor.session_name, actor.arn)
        and _any_matches(rule.services, judged.service)
        and _any_matches(rule.user_agents, judged.user_agent)
    )


def _graver(rule: IgnoreRule, judged: Judged, rules: Rules) -> bool:
    return rule.at_most is not None and severity_of(rules, judged)[0].rank < rule.at_most.rank


def _any_matches(globs: Globs, *texts: str | None) -> bool:
    return not globs or any(_matches(globs, text) for text in texts if text)


def _matches(globs: Globs, text: str) -> bool:
    return not globs or _pattern(globs).match(text) is not None


@lru_cache(maxsize=4096)
def _pattern(globs: Globs) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs), re.IGNORECASE)


# The last two are Azure's: its service tag, and any source of a rule in its group; a rule of its own has a bare ``*``.
_WORLD: Final = (b'"0.0.0.0/0"', b'"::/0"', b'"Internet"', b'"source_address_prefix":"*"')


def _world_open(old: Json, new: Json) -> bool:
    added = [item for item in new if item not in _items(old)] if isinstance(new, list) else [new]
    text = orjson.dumps(added)
    return new == "*" or any(world in text for world in _WORLD)


def _items(value: Json) -> list[Json]:
    if isinstance(value, list):
        return value
    return [] if value in (None, "", {}) else [value]


# How Google Cloud names anyone on the internet, and anyone with a Google account; identities are in small letters. How
# S3's lists of grants name anyone and anyone with an AWS account, and the canned lists that have these in them:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
_ANYONE: Final = (
    b'"allusers"',
    b'"allauthenticatedusers"',
    b"/groups/global/allusers",
    b"/groups/global/authenticatedusers",
    b'"public-read"',
    b'"public-read-write"',
    b'"authenticated-read"',
)


def _public_principal(old: Json, new: Json) -> bool:
    added = orjson.dumps([item for item in _items(new) if item not in _items(old)]).lower()
    return allows_anyone(new) or any(anyone in added for anyone in _ANYONE)


_ADMINISTRATORS: Final = b"policy/AdministratorAccess"


def _all_actions(old: Json, new: Json) -> bool:
    added = [item for item in _items(new) if item not in _items(old)]
    return _ADMINISTRATORS in orjson.dumps(added) or any(allows_everything(item) for item in added)


_TESTS: Final[dict[ValueTest, Callable[[Json, Json], bool]]] = {
    ValueTest.WORLD_OPEN: _world_open,
    ValueTest.PUBLIC_PRINCIPAL: _public_principal,
    ValueTest.ALL_ACTIONS: _all_actions,
    ValueTest.TRUE: lambda _, new: str(new).lower() in ("true", "1"),
    ValueTest.FALSE: lambda _, new: str(new).lower() in ("false", "0"),
}
