"""One call to a cloud, whichever cloud's log has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ingest_falco.clouds.part import Gap
from tfdrift.events import CloudCall, CloudResource, UserIdentity


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a cloud's API, as far as the alert has it.

    Attributes:
        event_id: the id that the cloud gave the log's entry.
        occurred: the entry's own time.
        service: the API's short name, such as ``ec2``.
        account_id: the account, project, subscription or cluster of the resource; else the caller's.
        identity: who made the call; None where the alert names nobody.
        detail: request and response for the detector; None where the alert names no endpoint.
        gaps: what is missing of the call's parts; it is incomplete where there are any.
    """

    event_id: str | None
    event_name: str | None
    occurred: datetime | None
    service: str | None
    account_id: str | None
    region: str | None
    source_ip: str | None
    user_agent: str | None
    error_code: str | None
    read_only: bool | None
    resources: tuple[CloudResource, ...]
    identity: UserIdentity | None
    detail: CloudCall | None
    gaps: tuple[Gap, ...] = ()
