"""The errors of this package, and what happens on each.

    GatewayError
    ├── Refused          a request that is answered with a problem document (RFC 9457); carries the `Problem`
    ├── BadParameter     an unknown query parameter or value; answered with 400
    ├── Behind           this process has not read the ledger as far as a client asks, in time; 503, try again
    ├── Disconnected     a client that reads too slowly; its connection is ended, and it resumes by its last id
    ├── ScopeError       a scope that cannot be read; its token is refused
    ├── BadToken         a token that is not accepted; 401
    └── KeysUnavailable  the issuer's keys were never read, and cannot be now; 503, try again

Errors of the bus (`tfdrift.bus.BusError`) become 503 before a stream has begun and end the connection after,
because the client resumes by its last id. An invalid variable is the harness's `ConfigurationError`.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from sse_gateway.problem import Problem


class GatewayError(Exception):
    """Any error of this package."""


class Refused(GatewayError):  # noqa: N818 - the name is the condition
    """A request that is not served.

    Attributes:
        problem: the document that says why.
        reason: the label under which the refusal is counted; None is not counted.
    """

    def __init__(self, problem: Problem, reason: str | None = None) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.reason = reason


class BadParameter(GatewayError, ValueError):  # noqa: N818
    """An unknown query parameter, or an invalid value of a known one.

    Attributes:
        parameter: its name.
        allowed: the names or values that are allowed.
    """

    def __init__(self, parameter: str, detail: str, allowed: Iterable[str] = ()) -> None:
        super().__init__(detail)
        self.parameter = parameter
        self.allowed = tuple(allowed)

    def problem(self) -> Problem:
        """The 400 answer."""
        return Problem(HTTPStatus.BAD_REQUEST, str(self), self.parameter, self.allowed)


class Behind(GatewayError):  # noqa: N818
    """The ledger has events that this process has not read yet."""


class Disconnected(GatewayError):  # noqa: N818
    """A client that reads too slowly to be served further.

    Attributes:
        reason: the label under which it is counted.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ScopeError(GatewayError, ValueError):
    """A scope that cannot be read; its bearer may see nothing."""


class BadToken(GatewayError):  # noqa: N818
    """A token that is not accepted; the text says why without quoting it."""


class KeysUnavailable(GatewayError):  # noqa: N818
    """The issuer's keys were never read, and cannot be read now."""
