"""What can go wrong here, and what becomes of it.

    GatewayError
    ├── Refused       a request that is answered with a problem document (RFC 9457); carries the `Problem`
    └── Behind        this process has not read the ledger as far as a client asks, in time; 503, try again

Errors of the bus (`tfdrift.bus.BusError`) become 503 before a stream has begun and end the connection after,
because the client resumes by its last id. A wrong variable is the harness's `ConfigurationError`.
"""

from __future__ import annotations

from sse_gateway.problem import Problem


class GatewayError(Exception):
    """Any error of this package."""


class Refused(GatewayError):  # noqa: N818 - the name is the condition
    """A request that is not served, with the document that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class Behind(GatewayError):  # noqa: N818
    """The ledger has events that this process has not read yet."""
