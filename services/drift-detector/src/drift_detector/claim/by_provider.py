"""What a cloud call of any provider claims of Terraform resources: the provider's reader, by the event's provider."""

from __future__ import annotations

from drift_detector.catalog.lookup import Catalog
from drift_detector.claim.aws import cloudtrail as claims
from drift_detector.claim.azure import activity_log as claims_azure
from drift_detector.claim.gcp import audit_log as claims_gcp
from drift_detector.claim.kubernetes import audit_event as claims_kubernetes
from drift_detector.claim.sanction import Sanctions
from drift_detector.facts.call import Call
from tfdrift.envelope import Envelope
from tfdrift.events import FalcoEvent
from tfdrift.subjects import Provider

_READERS = {
    Provider.GCP: claims_gcp.call_of,
    Provider.AZURE: claims_azure.call_of,
    Provider.KUBERNETES: claims_kubernetes.call_of,
}


def call_of(event: FalcoEvent, envelope: Envelope, catalog: Catalog, sanctions: Sanctions | None = None) -> Call | None:
    """What the call behind a Falco alert claims; None where it claims nothing, as when it failed or only read.

    Raises:
        ValueError: the call that travelled with the alert is not a `CloudCall`.
    """
    reader = _READERS.get(event.provider, claims.call_of)
    return reader(event, envelope, catalog, sanctions)


__all__ = ["Sanctions", "call_of"]
