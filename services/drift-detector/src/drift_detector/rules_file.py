"""Reading the rules file, the shipped one or the operator's."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from drift_detector.catalog_load import CatalogError, parse_yaml
from drift_detector.rules import Rules, RulesError, parse_rules
from tfdrift.harness import ConfigurationError


def load_rules(path: Path | None) -> Rules:
    """The rules of a file; the shipped ones for None.

    Raises:
        ConfigurationError: it cannot be read, or is not of the format.
    """
    try:
        shipped = resources.files("drift_detector") / "rules.yaml"
        text = (path or shipped).read_text(encoding="utf-8")
        name = str(path or "rules.yaml")
        return parse_rules(parse_yaml(text, name), name)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"TFDRIFT_RULES: {path} cannot be read: {error}") from error
    except (CatalogError, RulesError) as error:
        raise ConfigurationError(f"TFDRIFT_RULES: {error}") from error
