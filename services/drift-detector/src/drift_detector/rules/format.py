"""The format of the rules file: severity rules, ignore rules, sanctioned principals.

All texts are globs (``*`` and ``?``) without regard to case. A list that is empty or missing matches everything.
"""

from __future__ import annotations

import re
from enum import StrEnum
from fnmatch import translate
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from drift_detector.errors import RulesError
from tfdrift.events import DriftKind, Via
from tfdrift.severity import Severity

Globs = tuple[str, ...]


class ValueTest(StrEnum):
    """Names a test of a drift's values."""

    WORLD_OPEN = "world_open"  # the address range of the whole internet was added
    PUBLIC_PRINCIPAL = "public_principal"  # a policy or a list of grants gives anyone access
    ALL_ACTIONS = "all_actions"  # a policy allows every action, or is AWS's managed policy for administrators
    TRUE = "true"
    FALSE = "false"


class _Format(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RuleScope(_Format):
    """Which disagreements a rule matches."""

    types: Globs = ()
    attributes: Globs = ()
    kinds: tuple[DriftKind, ...] = ()
    events: Globs = ()
    workspaces: Globs = ()


class SeverityRule(RuleScope):
    """A drift that it matches has at least this severity."""

    name: str
    severity: Severity
    value: ValueTest | None = None


class IgnoreRule(RuleScope):
    """A disagreement that it matches is not reported.

    Attributes:
        users: globs for the caller's name, session or ARN. Whoever assumes a role chooses the session's name.
        services: globs for the AWS service that called, as AWS logged it, such as ``codedeploy.amazonaws.com``.
        user_agents: globs for the caller's own user agent, which anybody can send. So such a rule is limited to
            unmanaged resources, and to drifts of medium severity or less.
        at_most: the highest severity that it ignores; None for any.
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
            raise ValueError("anybody can send any user agent: with user_agents, kinds must be [unmanaged]")
        if self.user_agents and (self.at_most is None or self.at_most.rank <= Severity.HIGH.rank):
            raise ValueError("anybody can send any user agent: with user_agents, at_most must be medium, low or info")
        return self


class Sanctioned(_Format):
    """The principals whose calls are expected to show up in a state, as Terraform's own are."""

    users: Globs = ()
    arns: Globs = ()
    user_agents: Globs = ()


class Scope(NamedTuple):
    """What a disagreement is about, as far as the scope of a rule asks for it."""

    resource_type: str
    attribute: str | None
    kind: DriftKind
    event_name: str
    workspace: str | None


RulesInScope = tuple[tuple[SeverityRule, ...], tuple[IgnoreRule, ...]]
# Tags and config maps have any number of attribute paths.
_MAX_SCOPES: Final = 4096


class Rules(_Format):
    """The rules file."""

    default: dict[DriftKind, Severity]
    severity: tuple[SeverityRule, ...] = ()
    ignore: tuple[IgnoreRule, ...] = ()
    sanctioned: Sanctioned = Sanctioned()

    @cached_property
    def _in_scope(self) -> dict[Scope, RulesInScope]:
        return {}

    def in_scope(self, scope: Scope) -> RulesInScope:
        """Returns the severity rules and the ignore rules whose scope matches.

        An estate's disagreements have few scopes, so the rules of each are found once.
        """
        found = self._in_scope.get(scope)
        if found is None:
            if len(self._in_scope) >= _MAX_SCOPES:
                self._in_scope.clear()
            found = self._in_scope[scope] = (
                tuple(rule for rule in self.severity if _covers(rule, scope)),
                tuple(rule for rule in self.ignore if _covers(rule, scope)),
            )
        return found


def _covers(rule: RuleScope, scope: Scope) -> bool:
    return (
        matches(rule.types, scope.resource_type)
        and (not rule.attributes or (scope.attribute is not None and matches(rule.attributes, scope.attribute)))
        and (not rule.kinds or scope.kind in rule.kinds)
        and matches(rule.events, scope.event_name)
        and (not rule.workspaces or (scope.workspace is not None and matches(rule.workspaces, scope.workspace)))
    )


def parse_rules(document: Any) -> Rules:
    """Returns the rules of a parsed YAML document.

    Raises:
        RulesError: a value is invalid; the error has its place.
    """
    try:
        return Rules.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")  # pydantic's prefix for our own checks
        raise RulesError(f"{path}: {reason}", tuple(first["loc"])) from error


def matches(globs: Globs, text: str) -> bool:
    """Whether a text matches one of some globs; no globs match every text."""
    return not globs or _pattern(globs).match(text) is not None


@lru_cache(maxsize=4096)
def _pattern(globs: Globs) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs), re.IGNORECASE)
