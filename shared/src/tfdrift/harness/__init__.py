"""The service harness: settings, logging, metrics, health, lifecycle and the command line of every service."""

from tfdrift.harness.browsers import Browsers
from tfdrift.harness.errors import ConfigurationError
from tfdrift.harness.main import Mode, Service, main
from tfdrift.harness.periodic import every
from tfdrift.harness.readiness import Readiness
from tfdrift.harness.runtime import Runtime
from tfdrift.harness.settings import Settings
from tfdrift.harness.watched_file import WatchedFile

__all__ = [
    "Browsers",
    "ConfigurationError",
    "Mode",
    "Readiness",
    "Runtime",
    "Service",
    "Settings",
    "WatchedFile",
    "every",
    "main",
]
