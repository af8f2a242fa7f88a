"""The rules of context: how grave a drift is, which are ignored, and whose calls are sanctioned.

All texts are globs (``*`` and ``?``) and match without regard to case; a list that is empty or left out matches
everything. Severity rules are all tried: a drift takes the gravest that matches, and names every one.
"""

from __future__ import annotations

import re
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError, model_validator

from drift_detector.errors import RulesError
from tfdrift.events import DriftKind, Via
from tfdrift.severity import Severity

Globs = tuple[str, ...]


class ValueTest(StrEnum):
    """What a rule may ask of the values of a drift."""

    WORLD_OPEN = "world_open"  # an address range of the whole internet was added
    PUBLIC_PRINCIPAL = "public_principal"  # a policy or a list of grants that lets anyone in
    ALL_ACTIONS = "all_actions"  # a policy that allows every action, or the administrator's managed policy
    TRUE = "true"
    FALSE = "false"


class _Format(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RuleScope(_Format):
    """What a rule is about."""

    types: Globs = ()
    attributes: Globs = ()
    kinds: tuple[DriftKind, ...] = ()
    events: Globs = ()
    workspaces: Globs = ()


class SeverityRule(RuleScope):
    """A drift that it matches is at least this grave."""

    name: str
    severity: Severity
    value: ValueTest | None = None


class IgnoreRule(RuleScope):
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


class Sanctioned(_Format):
    """Principals whose calls are expected to show up in a state, as Terraform's own are."""

    users: Globs = ()
    arns: Globs = ()
    user_agents: Globs = ()


RulesOfType = tuple[tuple[SeverityRule, ...], tuple[IgnoreRule, ...]]


class Rules(_Format):
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
                tuple(rule for rule in self.severity if matches(rule.types, resource_type)),
                tuple(rule for rule in self.ignore if matches(rule.types, resource_type)),
            )
        return found


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


def matches(globs: Globs, text: str) -> bool:
    return not globs or _pattern(globs).match(text) is not None


@lru_cache(maxsize=4096)
def _pattern(globs: Globs) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob) for glob in globs), re.IGNORECASE)
