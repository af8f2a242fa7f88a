"""Requests of nats-py, with every error of it mapped to one of the bus."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from nats import errors as nats_errors
from nats.js import errors as js_errors

from tfdrift.bus.errors import NotFound, Rejected, Unavailable

_T = TypeVar("_T")


@contextmanager
def nats_errors_mapped() -> Iterator[None]:
    """Within it, nats-py raises errors of the bus alone.

    Raises:
        NotFound: the stream, the consumer or the message that was asked for does not exist.
        Rejected: any other refusal by JetStream, and what nats-py itself refuses to send.
        Unavailable: NATS is away, JetStream has no leader, or no answer came in time.
    """
    try:
        yield
    except js_errors.NotFoundError as error:
        raise NotFound(str(error)) from error
    except (js_errors.ServiceUnavailableError, js_errors.NoStreamResponseError) as error:
        raise Unavailable(f"JetStream does not answer: {error}") from error
    except js_errors.APIError as error:
        raise Rejected(str(error), getattr(error, "err_code", None)) from error  # a subclass may lack it
    except nats_errors.MaxPayloadError as error:
        raise Rejected("it is over the server's limit of a message (max_payload)") from error
    except (
        nats_errors.BadSubjectError,
        nats_errors.BadHeaderError,
        nats_errors.InvalidUserCredentialsError,
    ) as error:
        raise Rejected(str(error)) from error
    except (nats_errors.Error, OSError, TimeoutError, ssl.SSLError) as error:
        raise Unavailable(f"NATS did not answer: {str(error) or type(error).__name__}") from error
    except ValueError as error:  # an answer that is no JSON, a header or a key file that cannot be read
        raise Rejected(f"{type(error).__name__}: {error}") from error


async def answered(request: Awaitable[_T]) -> _T:
    """The answer to a request of nats-py.

    Raises:
        BusError: as `nats_errors_mapped` says.
    """
    with nats_errors_mapped():
        answer = await request
    raise_if_cancelling()
    return answer


def raise_if_cancelling() -> None:
    """Cancel the current task again, if its cancellation got lost.

    Python 3.11's `asyncio.wait_for`, which nats-py uses, swallows one that races with an answer or an error (gh-86296).
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
