"""What keeps a service from starting.

ConfigurationError     a variable, an argument or a port is invalid: one sentence on stderr, exit code 78
"""

from __future__ import annotations

# EX_CONFIG of sysexits.h.
EXIT_CONFIGURATION = 78


class ConfigurationError(Exception):
    """The service cannot run with its configuration; the message names the setting and what is allowed."""


def cannot_listen(host: str, port: int, error: OSError) -> ConfigurationError:
    """Return the error for a port that is taken, or a host that is not an address of this machine."""
    return ConfigurationError(
        f"cannot listen on {host}:{port}: {error.strerror or error}; free the port, or set "
        f"TFDRIFT_HTTP_HOST, TFDRIFT_HTTP_PORT or TFDRIFT_ADMIN_PORT to others"
    )
