"""Says whether a call changed something of the resources that it names, though nobody knows what.

That is so where the mapping has the operation, but reads none of the members that the request has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from drift_detector.catalog.event_rules import EventRule, TargetRule
from drift_detector.claim.apply_rule import AppliedRule, apply_rule
from drift_detector.facts.attribute_paths import SOMETHING
from drift_detector.facts.call import Act, Operation, Target
from drift_detector.facts.document import Document
from drift_detector.facts.mapping_terms import Tier
from tfdrift.events import Json

# The verbs of operations that set what their members say, and of those that need no member to say it. Other operations
# use what they name, or connect it with something else.
_SETS: Final = re.compile(
    r"(?:Batch|Admin)?(?:Update|Put|Modify|Set|Change|Configure|Add|Remove|Replace|Increase|Decrease|Merge|Split)(?![a-z])"
)
_SWITCHES: Final = re.compile(r"(?:Admin)?(?:Enable|Disable|Lock|Unlock|Reset)(?![a-z])")
# Operations of which some services do not log the tags at all.
_TAGS: Final = re.compile(r"(?:Un)?[Tt]ag[A-Z]|(?:Add|Remove|Change|Update|Create|Delete|Put)\w*Tags")
_VERB: Final = re.compile(r"(?:Batch|Admin)?[A-Z][a-z]+")
_TAGS_PATH: Final = "tags"
# Members that say how the call is to be made.
_MANNERS: Final = frozenset(
    {"applyimmediately", "clientrequesttoken", "clienttoken", "dryrun", "force", "idempotencytoken", "locktoken"}
)


def changes_of(rule: EventRule, request: Json, document: Document) -> Iterator[AppliedRule]:
    """Yields the resources that a call names of which it changed something; none where it only used them."""
    members = request if isinstance(request, dict) else {}
    attribute = _changed_attribute(rule, members)
    if attribute is None:
        return
    unknown = {"operations": (Operation(attribute=attribute, unknown=True),)}
    for named in apply_rule(rule, document, silent=True):
        targets = tuple(
            target.model_copy(update=unknown)
            for target in named.targets
            if target.act is Act.UPDATE and (attribute == _TAGS_PATH or _is_meant(rule, target))
        )
        if targets:
            yield AppliedRule(targets, named.arns)


def _changed_attribute(rule: EventRule, members: Mapping[str, Json]) -> str | None:
    """Returns which attribute a call changed: the tags, or `SOMETHING`; None where it changed none of the resource."""
    if _TAGS.match(rule.operation):
        return None if any("tag" in name.lower() for name in members) else _TAGS_PATH
    if _SWITCHES.match(rule.operation) or (_SETS.match(rule.operation) and _sets_something(rule, members)):
        return SOMETHING
    return None


def _is_meant(rule: EventRule, target: Target) -> bool:
    """Whether an operation changes the resource itself, not a thing that belongs to it, as its noun says.

    The mapping is sure of its own events. A generated one may name the parent of what the call changed.
    """
    noun = _VERB.sub("", rule.operation, count=1).lower()
    return rule.tier is not Tier.WEAK or target.type.rpartition("_")[2].removesuffix("s") in noun


def _sets_something(rule: EventRule, members: Mapping[str, Json]) -> bool:
    """Whether a request has members that neither name the resource nor are known to set nothing."""
    known = _MANNERS | {name.lower() for name in rule.silent}
    known |= {name for group in rule.groups for target in group for name in _naming(target)}
    return any(name.lower() not in known for name, value in members.items() if value not in (None, "", [], {}))


def _naming(target: TargetRule) -> Iterator[str]:
    """Yields the members of the request that name the resource."""
    for source in target.identity.values():
        for path in source.paths:
            if path.root == "req" and path.steps:
                yield from (name.lower() for name in path.steps[0].spellings)
