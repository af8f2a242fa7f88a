"""Removes the secrets of an alert before it is published or spooled.

The hashes need a key, which comes from NATS unless it is configured. Until it is there, the hashes are empty: secrets
are hidden all the same, and the detector cannot tell whether such a value is the recorded one.
"""

from __future__ import annotations

from dataclasses import replace

from ingest_falco.alert.normalise import Normalised
from tfdrift.redaction import NO_RULES, Rules, Walk, redact_call, redact_event


class AlertRedactor:
    """Redacts alerts under one key and the operator's rules."""

    def __init__(self, rules: Rules = NO_RULES, key: bytes | None = None) -> None:
        self._walk = Walk(key, rules)

    def use_key(self, key: bytes) -> None:
        """Hash under this key from now on."""
        self._walk = replace(self._walk, key=key)

    def redacted(self, normalised: Normalised) -> Normalised:
        """Returns the alert without its secrets, and without the request of a call that nothing reads."""
        event, call = normalised.event, normalised.call
        return Normalised(
            event=redact_event(self._walk, event),
            message_id=normalised.message_id,
            occurred=normalised.occurred,
            call=None if call is None else redact_call(self._walk, event, call),
            gaps=normalised.gaps,
            missing_fields=normalised.missing_fields,
        )
