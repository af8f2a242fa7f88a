"""Says why a call may be expected to show up in a state."""

from __future__ import annotations

from collections.abc import Callable

from drift_detector.facts.call import Sanction
from tfdrift.events import FalcoEvent, Via

# The sanction that the operator's rules give a call, if any.
Sanctions = Callable[[FalcoEvent], Sanction | None]


def sanction_of(event: FalcoEvent, sanctions: Sanctions | None) -> Sanction | None:
    """Returns `Sanction.TERRAFORM` for Terraform's own call, else what the rules say of it."""
    if event.user_identity is not None and event.user_identity.via is Via.TERRAFORM:
        return Sanction.TERRAFORM
    return sanctions(event) if sanctions is not None else None
