"""The canonical form of the actions of a load balancer's listener or rule.

An action that forwards to one target group is written with ``target_group_arn``, with ``forward`` and a list of one, or
with both; a state has the form of its configuration.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html
"""

from __future__ import annotations

from typing import Final

from drift_detector.facts.json_text import canonical_text
from tfdrift.events import Json

# Only several actions have an ``order``. They are compared as a set, in which each has a type of its own.
_FORWARDING: Final = frozenset({"forward", "target_group_arn", "order"})


def canonical_actions(actions: Json) -> list[Json]:
    """Returns actions as states have them, without nested lists; one that forwards has ``targets``: ARN and weight."""
    return [_action(action) for action in (actions if isinstance(actions, list) else [actions])]


def _action(action: Json) -> Json:
    if not isinstance(action, dict):
        return action
    canonical = {name: _one(value) for name, value in action.items() if name not in _FORWARDING}
    if action.get("type") != "forward":
        return canonical
    forward = _one(action.get("forward"))
    groups = forward.get("target_group") if isinstance(forward, dict) else None
    stickiness = _one(forward.get("stickiness")) if isinstance(forward, dict) else None
    groups = groups if isinstance(groups, list) else [groups]
    targets = {
        _text(group["arn"]): group.get("weight") for group in groups if isinstance(group, dict) and "arn" in group
    }
    if not targets and action.get("target_group_arn"):
        targets = {_text(action["target_group_arn"]): None}
    # The weight of a single target means nothing.
    weights = {arn: 1 if len(targets) == 1 or weight is None else weight for arn, weight in targets.items()}
    canonical["targets"] = [
        f"{arn} {_text(weight)}" for arn, weight in sorted(weights.items(), key=lambda target: target[0])
    ]
    sticky = isinstance(stickiness, dict) and stickiness.get("enabled") is True
    canonical["sticky_seconds"] = stickiness.get("duration") if isinstance(stickiness, dict) and sticky else None
    return canonical


def _text(value: Json) -> str:
    return value if isinstance(value, str) else canonical_text(value)


def _one(value: Json) -> Json:
    return value[0] if isinstance(value, list) and len(value) == 1 else value
