"""Refuses attributes that are nested too deeply, before anything else reads them."""

from __future__ import annotations

from typing import Any

from ingest_tfstate.errors import TooDeep
from tfdrift import redaction


def check_depth(attributes: Any) -> None:
    """Refuse attributes that the redaction would not follow to their end.

    Raises:
        TooDeep: they are nested deeper than `tfdrift.redaction.MAX_DEPTH`.
    """
    try:
        redaction.check_depth(attributes)
    except redaction.TooDeep as error:
        raise TooDeep(f"the state has attributes with {error}") from None
