"""The tests of a drift's values that a rule may name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drift_detector.facts.json_text import canonical_text
from drift_detector.rules.format import ValueTest
from drift_detector.rules.policy_reach import allows_anyone, allows_everything
from tfdrift.events import Json

# The last two are Azure's: its service tag, and any source in a rule of a group. A rule that is a resource has ``*``.
_WORLD: Final = ('"0.0.0.0/0"', '"::/0"', '"Internet"', '"source_address_prefix":"*"')


def _world_open(old: Json, new: Json) -> bool:
    added = [item for item in new if item not in _items(old)] if isinstance(new, list) else [new]
    text = canonical_text(added)
    return new == "*" or any(world in text for world in _WORLD)


def _items(value: Json) -> list[Json]:
    if isinstance(value, list):
        return value
    return [] if value in (None, "", {}) else [value]


# Google Cloud's names for anyone on the internet and anyone with a Google account, in lower case; those of S3's grants
# for anyone and anyone with an AWS account; and the canned lists that contain them:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
_ANYONE: Final = (
    '"allusers"',
    '"allauthenticatedusers"',
    "/groups/global/allusers",
    "/groups/global/authenticatedusers",
    '"public-read"',
    '"public-read-write"',
    '"authenticated-read"',
)


def _public_principal(old: Json, new: Json) -> bool:
    added = canonical_text([item for item in _items(new) if item not in _items(old)]).lower()
    return allows_anyone(new) or any(anyone in added for anyone in _ANYONE)


_ADMINISTRATORS: Final = "policy/AdministratorAccess"


def _all_actions(old: Json, new: Json) -> bool:
    added = [item for item in _items(new) if item not in _items(old)]
    return _ADMINISTRATORS in canonical_text(added) or any(allows_everything(item) for item in added)


VALUE_TESTS: Final[dict[ValueTest, Callable[[Json, Json], bool]]] = {
    ValueTest.WORLD_OPEN: _world_open,
    ValueTest.PUBLIC_PRINCIPAL: _public_principal,
    ValueTest.ALL_ACTIONS: _all_actions,
    ValueTest.TRUE: lambda _, new: str(new).lower() in ("true", "1"),
    ValueTest.FALSE: lambda _, new: str(new).lower() in ("false", "0"),
}
