"""The names of AWS' operations, as CloudTrail writes them."""

from __future__ import annotations

import re
from typing import Final

# Lambda and CloudFront append the API's version: UpdateFunctionCode20150331v2, CreateDistribution2020_05_31.
_VERSION_SUFFIX: Final = re.compile(r"\d{4}_?\d{2}_?\d{2}(v\d+)?$")


def operation_name(event_name: str) -> str:
    """Returns the API operation's name behind a CloudTrail ``eventName``."""
    return _VERSION_SUFFIX.sub("", event_name) if event_name[-1:].isdigit() else event_name
