"""The call behind an alert of Falco's cloudtrail plugin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ingest_falco.clouds.aws.event_services import service_of
from ingest_falco.clouds.aws.fields import CloudTrailFields, parse_fields
from ingest_falco.clouds.aws.identity import identify
from ingest_falco.clouds.call import Call
from ingest_falco.clouds.part import sentence
from tfdrift.events import CloudCall, Json

_ENDPOINT_SUFFIX: Final = ".amazonaws.com"


def read_call(fields: Mapping[str, Json]) -> Call:
    """The AWS call in the output fields of one alert."""
    return call_of(parse_fields(fields))


def call_of(fields: CloudTrailFields) -> Call:
    """The AWS call of one CloudTrail event.

    Service and endpoint stand in for each other; without both, an event name of one service alone does. The account is
    the one whose trail has the event, since there the resource is; else the caller's.
    """
    service, endpoint = fields.service, fields.endpoint
    if service is None and endpoint is None and fields.event_name is not None:
        service = service_of(fields.event_name)
    if endpoint is None and service is not None:
        endpoint = f"{service}{_ENDPOINT_SUFFIX}"
    detail = None
    if endpoint is not None:
        service = service or endpoint.removesuffix(_ENDPOINT_SUFFIX)
        detail = CloudCall(
            event_source=endpoint,
            event_type=fields.event_type,
            request=fields.request,
            response=fields.response,
            incomplete=bool(fields.gaps),
            detail=sentence(fields.gaps),
        )
    return Call(
        event_id=fields.event_id,
        event_name=fields.event_name,
        occurred=fields.time,
        service=service,
        account_id=fields.recipient_account_id or fields.user_account_id,
        region=fields.region,
        source_ip=fields.source_ip,
        user_agent=fields.user_agent,
        error_code=fields.error_code,
        read_only=fields.read_only,
        resources=fields.resources,
        identity=identify(fields),
        detail=detail,
        gaps=fields.gaps,
    )
