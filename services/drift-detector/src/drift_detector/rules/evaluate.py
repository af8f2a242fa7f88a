"""Evaluates the rules: the severity of a drift, whether it is ignored, whether a call is sanctioned.

Every severity rule is tried: a drift gets the highest severity of those that match, and names them all.
"""

from __future__ import annotations

from dataclasses import dataclass

from drift_detector.rules.format import Globs, IgnoreRule, Rules, Scope, matches
from drift_detector.rules.value_tests import VALUE_TESTS
from tfdrift.events import DriftKind, FalcoEvent, Json, UserIdentity
from tfdrift.severity import Severity


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A disagreement between cloud and state, as the rules see it.

    Attributes:
        service: the AWS service that called, see `drift_detector.facts.call.Call.service`.
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

    @property
    def scope(self) -> Scope:
        """What it is about, by which rules are found."""
        return Scope(self.resource_type, self.attribute, self.kind, self.event_name, self.workspace)


def severity_of(rules: Rules, disagreement: Disagreement) -> tuple[Severity, tuple[str, ...]]:
    """Returns the severity of a drift and the names of the rules that match it."""
    matched = [
        rule
        for rule in rules.in_scope(disagreement.scope)[0]
        if rule.value is None or VALUE_TESTS[rule.value](disagreement.old, disagreement.new)
    ]
    severities = [rule.severity for rule in matched] or [rules.default.get(disagreement.kind, Severity.MEDIUM)]
    return min(severities, key=lambda severity: severity.rank), tuple(rule.name for rule in matched)


def ignored_by(rules: Rules, disagreement: Disagreement) -> str | None:
    """Returns the name of the rule that ignores a disagreement; None if it is reported."""
    for rule in rules.in_scope(disagreement.scope)[1]:
        if _by(rule, disagreement) and not _is_more_severe(rule, disagreement, rules):
            return rule.name
    return None


def is_sanctioned(rules: Rules, event: FalcoEvent) -> bool:
    """Whether the rules sanction the principal or the user agent of a call."""
    given = rules.sanctioned
    identity = event.user_identity or UserIdentity()
    names = [name for name in (identity.user_name, identity.session_name) if name]
    return (
        (bool(given.users) and any(matches(given.users, name) for name in names))
        or (bool(given.arns) and identity.arn is not None and matches(given.arns, identity.arn))
        or (bool(given.user_agents) and event.user_agent is not None and matches(given.user_agents, event.user_agent))
    )


def _by(rule: IgnoreRule, disagreement: Disagreement) -> bool:
    actor = disagreement.actor
    return (
        (not rule.via or actor.via in rule.via)
        and _any_matches(rule.users, actor.user_name, actor.session_name, actor.arn)
        and _any_matches(rule.services, disagreement.service)
        and _any_matches(rule.user_agents, disagreement.user_agent)
    )


def _is_more_severe(rule: IgnoreRule, disagreement: Disagreement, rules: Rules) -> bool:
    return rule.at_most is not None and severity_of(rules, disagreement)[0].rank < rule.at_most.rank


def _any_matches(globs: Globs, *texts: str | None) -> bool:
    return not globs or any(matches(globs, text) for text in texts if text)
