"""Chooses the reader of a call by its cloud."""

from __future__ import annotations

from drift_detector.catalog.lookup import Catalog
from drift_detector.claim.aws import cloudtrail
from drift_detector.claim.azure import activity_log
from drift_detector.claim.gcp import audit_log
from drift_detector.claim.kubernetes import audit_event
from drift_detector.claim.sanction import Sanctions
from drift_detector.facts.call import Call
from tfdrift.envelope import Envelope
from tfdrift.events import CloudCall, FalcoEvent
from tfdrift.subjects import Provider

_READERS = {
    Provider.AWS: cloudtrail.call_of,
    Provider.GCP: audit_log.call_of,
    Provider.AZURE: activity_log.call_of,
    Provider.KUBERNETES: audit_event.call_of,
}


def call_of(event: FalcoEvent, envelope: Envelope, catalog: Catalog, sanctions: Sanctions | None = None) -> Call | None:
    """Returns what the call behind an alert claims; None if it claims nothing, as when it failed or only read.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    reader = _READERS.get(event.provider)
    call = reader(event, envelope, catalog, sanctions) if reader is not None else None
    if call is None or envelope.call is None or b'"incomplete":true' not in envelope.call:
        return call
    # The text may also be a part of a request.
    logged = CloudCall.model_validate_json(envelope.call)
    return call.model_copy(update={"incomplete": logged.incomplete, "detail": logged.detail})
