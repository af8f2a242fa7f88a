"""Generates the formats of tokens that services issue, from the plugins of Yelp's detect-secrets.

Usage: ``python -m mapping_generator.secrets.token_formats``

detect-secrets (Apache License 2.0) is a development dependency: the services read the generated file alone. Plugins
whose pattern needs the name beside the secret are left out, since `tfdrift.redaction.names` decides by names. So are
those of identifiers that are no secrets (AWS' access key ids, Twilio's account ids), and OpenAI's, which takes time
in proportion to the square of a text.
"""

from __future__ import annotations

import importlib
import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parents[2] / "shared/src/tfdrift/redaction/data/token_formats.json"

# A plugin's module and class, and for each of its patterns a text that every match contains; None leaves one out.
_PLUGINS: Final = (
    ("artifactory", "ArtifactoryDetector", ("AKC", None)),
    ("discord", "DiscordBotTokenDetector", (".",)),
    ("github_token", "GitHubTokenDetector", ("gh",)),
    ("gitlab_token", "GitLabTokenDetector", ("gl", "GR1348941", "glcbt-", "glimt-", "glptt-", "glagent-", "gloas-")),
    ("mailchimp", "MailchimpDetector", ("-us",)),
    ("pypi_token", "PypiTokenDetector", ("pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZw")),
    ("sendgrid", "SendGridDetector", ("SG.",)),
    ("slack", "SlackDetector", ("xox", None)),
    ("square_oauth", "SquareOAuthDetector", ("sq0csp-",)),
    ("stripe", "StripeDetector", ("k_live_",)),
    ("twilio", "TwilioKeyDetector", (None, "SK")),
)


def token_formats() -> list[dict[str, str]]:
    """Returns the name of each format, a text that it contains, and its pattern."""
    formats = []
    for module, class_name, literals in _PLUGINS:
        plugin = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), class_name)
        for pattern, literal in zip(plugin.denylist, literals, strict=True):
            if literal is not None:
                source = f"(?i:{pattern.pattern})" if pattern.flags & re.IGNORECASE else pattern.pattern
                formats.append({"name": plugin.secret_type, "contains": literal, "pattern": source})
    return formats


def text() -> str:
    """Returns the file's text."""
    made_by = (
        f"python -m mapping_generator.secrets.token_formats, of detect-secrets {version('detect-secrets')} (Apache-2.0)"
    )
    return json.dumps({"made_by": made_by, "formats": token_formats()}, indent=1) + "\n"


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), encoding="ascii")


if __name__ == "__main__":
    main()
