"""Requests to JetStream's API, with nats-py's errors mapped to those of the bus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from nats import errors as nats_errors
from nats.js.errors import APIError, NotFoundError, ServiceUnavailableError

from tfdrift.bus.errors import Rejected, Unavailable

_T = TypeVar("_T")


async def answered(request: Awaitable[_T]) -> _T:
    """The answer to a request of nats-py.

    Raises:
        Unavailable: NATS is away, JetStream has no leader, or no answer came in time.
        NotFoundError: what was asked for does not exist (nats-py's own, since callers ask just that).
        Rejected: any other refusal.
    """
    try:
        answer = await request
    except NotFoundError:
        raise
    except (TimeoutError, ServiceUnavailableError, nats_errors.Error, OSError) as error:
        if isinstance(error, APIError) and not isinstance(error, ServiceUnavailableError):
            raise Rejected(str(error)) from error
        raise Unavailable(f"NATS did not answer: {error or type(error).__name__}") from error
    raise_if_cancelling()
    return answer


def raise_if_cancelling() -> None:
    """Cancel the current task again, if its cancellation got lost.

    Python 3.11's `asyncio.wait_for`, which nats-py uses, swallows one that races with an answer or an error (gh-86296).
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
