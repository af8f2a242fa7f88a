"""What stops a service before or while it starts.

ConfigurationError     a variable, an argument or a port is wrong: one sentence on stderr, exit code 78
"""

from __future__ import annotations

# EX_CONFIG of sysexits.h.
EXIT_CONFIGURATION = 78


class ConfigurationError(Exception):
    """The service cannot run as it is configured; the message names the setting and what is allowed."""
