"""Checks the ports of ``make run`` before anything is started, and names one that is taken."""

from __future__ import annotations

import os
import socket
import sys

EX_UNAVAILABLE = 69

# The variable that sets a port, and what listens there.
LISTENERS = {
    "NATS_PORT": "nats-server",
    "FALCO_PORT": "ingest-falco",
    "TFSTATE_PORT": "ingest-tfstate",
    "GATEWAY_PORT": "sse-gateway",
    "FALCO_ADMIN_PORT": "ingest-falco's metrics",
    "TFSTATE_ADMIN_PORT": "ingest-tfstate's metrics",
    "DETECTOR_ADMIN_PORT": "drift-detector's metrics",
    "GATEWAY_ADMIN_PORT": "sse-gateway's metrics",
}


def host() -> str:
    """The address at which the services can be reached from this machine."""
    bound = os.environ["TFDRIFT_HTTP_HOST"]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bound, bound)  # noqa: S104 -- compared with, not bound to


def admin_ports() -> dict[str, int]:
    """Service name to the port of its ``/readyz``."""
    return {
        name.partition("'")[0]: int(os.environ[variable])
        for variable, name in LISTENERS.items()
        if variable.endswith("_ADMIN_PORT")
    }


def is_free(address: str, port: int) -> bool:
    """Whether the port can be bound now; connections in TIME_WAIT do not matter."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def main() -> None:
    """Exit with a sentence at the first port that is invalid or taken."""
    for variable, name in LISTENERS.items():
        value = os.environ[variable]
        if not value.isdigit() or not 0 < int(value) < 65536:
            sys.exit(f"{variable}={value} is not a port: give a number from 1 to 65535.")
        if not is_free("127.0.0.1" if variable == "NATS_PORT" else os.environ["TFDRIFT_HTTP_HOST"], int(value)):
            remedy = f"stop what listens there, or choose another: {variable}=... make run"
            print(f"Port {value} for {name} is taken: {remedy}", file=sys.stderr)
            sys.exit(EX_UNAVAILABLE)


if __name__ == "__main__":
    main()
