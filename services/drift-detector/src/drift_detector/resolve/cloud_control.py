"""Finds what a resource of the provider ``awscc`` is to the calls that the mapping knows for the provider ``aws``.

Its types and attributes are those of Cloud Control: ``AWS::S3::Bucket`` with ``VersioningConfiguration.Status`` is
``awscc_s3_bucket`` with ``versioning_configuration.status``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Final

from drift_detector.facts.attribute_paths import SOMETHING, format_attribute, parse_attribute, recorded
from drift_detector.facts.call import Operation, Verb
from drift_detector.facts.no_value import MISSING
from tfdrift.events import Json

_PREFIX: Final = "awscc_"
# Types whose names do not follow from one another.
_OTHER_NAMES: Final = {
    "awscc_apigateway_rest_api": "aws_api_gateway_rest_api",
    "awscc_autoscaling_auto_scaling_group": "aws_autoscaling_group",
    "awscc_cloudwatch_alarm": "aws_cloudwatch_metric_alarm",
    "awscc_elasticloadbalancingv2_load_balancer": "aws_lb",
    "awscc_elasticloadbalancingv2_target_group": "aws_lb_target_group",
    "awscc_events_rule": "aws_cloudwatch_event_rule",
    "awscc_logs_log_group": "aws_cloudwatch_log_group",
    "awscc_opensearchservice_domain": "aws_opensearch_domain",
    "awscc_rds_db_cluster": "aws_rds_cluster",
    "awscc_route53_hosted_zone": "aws_route53_zone",
}


@lru_cache(maxsize=1024)
def counterpart(resource_type: str, known: frozenset[str]) -> str | None:
    """Returns the type of the provider ``aws`` for one of ``awscc``; None for other types, and where there is none.

    Args:
        known: the types that events name.
    """
    if not resource_type.startswith(_PREFIX):
        return None
    service_and_noun = resource_type.removeprefix(_PREFIX)
    _, _, noun = service_and_noun.partition("_")
    names = (_OTHER_NAMES.get(resource_type, ""), f"aws_{service_and_noun}", f"aws_{noun}")
    return next((name for name in names if name in known), None)


def identity_of(attribute: str, attributes: Mapping[str, Json]) -> Json:
    """Returns what an identity attribute of the counterpart is in a record; null if nothing says it.

    ``bucket`` is ``bucket_name``, and ``name`` of a queue is ``queue_name``; else the primary identifier, the id.
    """
    if attribute in attributes:
        return attributes[attribute]
    named = (value for name, value in attributes.items() if name in (f"{attribute}_name", f"{attribute}_id"))
    by_noun = (value for name, value in attributes.items() if name.endswith(f"_{attribute}"))
    found = next((value for value in (*named, *by_noun) if isinstance(value, str) and value), None)
    if found is None and attribute != "arn":
        return attributes.get("id")
    return found


def spelled(operations: Collection[Operation], attributes: Mapping[str, Json]) -> Iterator[Operation]:
    """Yields operations on the counterpart as operations on a record's own attributes.

    A block is an object there, and the attributes of a part are members of an object. What has no such path is unknown:
    of the attribute that is called alike, else of something.
    """
    found: dict[str, Operation] = {}
    for operation in operations:
        parts = [part for part in parse_attribute(operation.attribute) if isinstance(part, str)]
        path = _path_of(parts, attributes) if operation.verb is Verb.SET else None
        if path is not None:
            found[path] = operation.model_copy(update={"attribute": path})
            continue
        alike = next((name for name in attributes if name == parts[0] or name.startswith(f"{parts[0]}_")), SOMETHING)
        found.setdefault(alike, Operation(attribute=alike, unknown=True))
    if len(found) > 1:  # what the record does not spell is there, and unset
        found.pop(SOMETHING, None)
    yield from found.values()


def _path_of(parts: list[str], attributes: Mapping[str, Json]) -> str | None:
    """Returns the path of an attribute in a record, by its own path or within the one object that has it."""
    if parts[0] == "tags":  # a list of keys and values there
        return None
    path = format_attribute(*parts)
    if recorded(dict(attributes), path) is not MISSING:
        return path
    objects = [name for name, value in attributes.items() if isinstance(value, dict) and parts[-1] in value]
    return format_attribute(objects[0], parts[-1]) if len(objects) == 1 else None
