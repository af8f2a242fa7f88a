"""Unexpected errors while facts are evaluated: each concerns one call, or one attribute of one subject, alone.

A call or a state may have any shape that a cloud, a provider or an attacker gives it. So an error that nobody foresaw
is a result like another: what it concerns is left as it is, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from drift_detector.facts.time_line import Claimed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be evaluated.

    Attributes:
        stage: `resolve` a call's targets, or `derive` a drift.
        what: the attribute, resource or call that the error concerns.
        event_ids: the calls that were left out; none where the whole subject was.
        reason: the error.
        key: the id of the drift that is left as it is stored; None where that is none, or all of the subject's.
    """

    stage: str
    what: str
    event_ids: frozenset[str]
    reason: str
    key: str | None = None


def reason_of(error: Exception) -> str:
    """Returns an error as one line."""
    return f"{type(error).__name__}: {error}"


def evaluated(
    evaluate: Callable[[Sequence[Claimed]], T], claims: Sequence[Claimed], what: str, key: str
) -> tuple[T | None, Failure | None]:
    """Returns the result of as many claims as can be evaluated, and what failed.

    When all of them together fail, each is tried alone, and the sound ones are evaluated together.
    """
    try:
        return evaluate(claims), None
    except Exception as error:  # noqa: BLE001 - an unforeseen shape of a call or a state
        reason = reason_of(error)
    sound = [claim for claim in claims if _is_sound(evaluate, claim)]
    left_out = frozenset(claim.call.event_id for claim in claims if claim not in sound)
    try:
        if sound and left_out:
            return evaluate(sound), Failure("derive", what, left_out, reason)
    except Exception as error:  # noqa: BLE001 - they only fail together
        reason = reason_of(error)
    return None, Failure("derive", what, frozenset(claim.call.event_id for claim in claims), reason, key)


def _is_sound(evaluate: Callable[[Sequence[Claimed]], object], claim: Claimed) -> bool:
    try:
        evaluate([claim])
    except Exception:  # noqa: BLE001
        return False
    return True
