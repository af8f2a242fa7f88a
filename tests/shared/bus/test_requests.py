"""The errors of nats-py, and the error of the bus for each."""

from __future__ import annotations

import inspect
import ssl
from contextlib import suppress

import pytest
from nats import errors as nats_errors
from nats.js import errors as js_errors

from tfdrift.bus import BusError, NotFound, Rejected, Unavailable
from tfdrift.bus.requests import nats_errors_mapped

CLASSES = [
    kind
    for module in (nats_errors, js_errors)
    for kind in vars(module).values()
    if inspect.isclass(kind) and issubclass(kind, nats_errors.Error)
]
EXPECTED = [
    (js_errors.NotFoundError(404, "stream not found", 10059), NotFound),
    (js_errors.BadRequestError(400, "stream name already in use", 10058), Rejected),
    (js_errors.ServerError(500, "insufficient storage resources available", 10047), Rejected),
    (js_errors.ServiceUnavailableError(503), Unavailable),
    (js_errors.NoStreamResponseError(), Unavailable),
    (nats_errors.TimeoutError(), Unavailable),
    (nats_errors.ConnectionClosedError(), Unavailable),
    (nats_errors.MaxPayloadError(), Rejected),
    (nats_errors.BadSubjectError(), Rejected),
    (ConnectionResetError("reset"), Unavailable),
    (TimeoutError(), Unavailable),
    (ssl.SSLCertVerificationError("expired"), Unavailable),
    (ValueError("no JSON"), Rejected),
]


def instance_of(kind: type[nats_errors.Error]) -> nats_errors.Error:
    """Returns an error of a class, with as many arguments as it takes."""
    for count in range(6, -1, -1):
        with suppress(TypeError):
            return kind(*[1] * count)
    raise AssertionError(f"{kind} takes other arguments than are tried")


@pytest.mark.parametrize("kind", CLASSES, ids=[f"{kind.__module__}.{kind.__name__}" for kind in CLASSES])
def test_every_error_of_nats_py_becomes_one_of_the_bus(kind: type[nats_errors.Error]) -> None:
    """The classes are read from the installed package, so a new one is tested too."""
    error = instance_of(kind)
    with pytest.raises(BusError) as caught, nats_errors_mapped():
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(("error", "expected"), EXPECTED, ids=[type(error).__name__ for error, _ in EXPECTED])
def test_an_error_is_mapped_by_what_its_caller_should_do(error: Exception, expected: type[BusError]) -> None:
    """A caller waits, does something else, or gives up."""
    with pytest.raises(BusError) as caught, nats_errors_mapped():
        raise error
    assert type(caught.value) is expected
    assert str(caught.value)


def test_a_refusal_keeps_the_code_that_the_server_gave() -> None:
    """A caller decides by the code, not by the text."""
    with pytest.raises(Rejected) as caught, nats_errors_mapped():
        raise js_errors.BadRequestError(400, "stream name already in use", 10058)
    assert caught.value.code == 10058


def test_a_defect_of_ours_is_not_taken_for_an_error_of_nats() -> None:
    """It would be retried without end."""
    with pytest.raises(TypeError), nats_errors_mapped():
        raise TypeError("a defect")
