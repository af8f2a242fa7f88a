"""The service harness: settings, logging, metrics, health, lifecycle and the command line."""

from tfdrift.harness.errors import ConfigurationError
from tfdrift.harness.main import Crew, Mode, Service, main
from tfdrift.harness.readiness import Readiness
from tfdrift.harness.runtime import Runtime
from tfdrift.harness.settings import Settings

__all__ = ["ConfigurationError", "Crew", "Mode", "Readiness", "Runtime", "Service", "Settings", "main"]
