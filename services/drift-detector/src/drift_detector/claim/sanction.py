"""Why a call may be expected to show up in a state."""

from __future__ import annotations

from collections.abc import Callable

from drift_detector.facts.call import Sanction
from tfdrift.events import FalcoEvent, Via

Sanctions = Callable[[FalcoEvent], Sanction | None]


def sanction_of(event: FalcoEvent, sanctions: Sanctions | None) -> Sanction | None:
    """Why a call is expected in a state: Terraform made it, or what `sanctions` says."""
    if event.user_identity is not None and event.user_identity.via is Via.TERRAFORM:
        return Sanction.TERRAFORM
    return sanctions(event) if sanctions is not None else None
