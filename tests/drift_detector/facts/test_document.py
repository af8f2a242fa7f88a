"""CloudTrail's shapes, each as it was met in real records."""

from __future__ import annotations

from typing import Any

import pytest

from drift_detector.facts.document import Document, parse_path, unwrapped
from drift_detector.facts.no_value import MISSING
from tfdrift.operation_names import operation_name


def _find(path: str, request: Any, operation: str = "Op", service: str = "ec2") -> Any:
    return Document({"req": unwrapped(request, operation, service)}).find(parse_path(path))


@pytest.mark.parametrize(
    ("event_name", "operation"),
    [
        ("UpdateFunctionCode20150331v2", "UpdateFunctionCode"),
        ("DeleteFunction20150331", "DeleteFunction"),
        ("CreateDistribution2020_05_31", "CreateDistribution"),
        ("RunInstances", "RunInstances"),
        ("ListObjectsV2", "ListObjectsV2"),
    ],
)
def test_an_api_version_is_no_part_of_the_operation(event_name: str, operation: str) -> None:
    """Lambda and CloudFront log the version of their API with the name."""
    assert operation_name(event_name) == operation


@pytest.mark.parametrize(
    ("path", "request_parameters", "found"),
    [
        ("req.dbInstanceIdentifier", {"dBInstanceIdentifier": "orders"}, "orders"),
        ("req.groupSet[].groupId", {"groupSet": {"items": [{"groupId": "a"}, {"groupId": "b"}]}}, ["a", "b"]),
        ("req.groups[].groupId", {"groupSet": {"items": [{"groupId": "a"}]}}, ["a"]),
        ("req.origins[].id", {"origins": {"quantity": 1, "items": [{"id": "o"}]}}, ["o"]),
        ("req.tagSet.item[].key", {"tagSet": {"item": {"key": "k"}}}, ["k"]),
        ("req.rules[].days", {"rules": {"days": 1}}, [1]),
        ("req.layers[]", {"layers": []}, []),
        ("req.SubnetId", {"OpRequest": {"SubnetId": "s"}}, "s"),
        ("req.name", {"restApiId": "a", "opInput": {"name": "n"}}, "n"),
        ("req.restApiId", {"restApiId": "a", "opInput": {"name": "n"}}, "a"),
        ("req.TransitGatewayId", {"DelTGwVpcAttachReq": {"TransitGatewayId": "t"}}, "t"),
        ("req.perms[].ranges[].ip", {"perms": {"items": [{"ranges": {"items": [{"ip": 1}, {"ip": 2}]}}]}}, [1, 2]),
    ],
)
def test_a_path_finds_what_the_wrappers_hold(path: str, request_parameters: Any, found: Any) -> None:
    """A mapping's path names the API's members and nothing of CloudTrail's wrappers."""
    assert _find(path, request_parameters) == found


@pytest.mark.parametrize(
    ("path", "request_parameters"),
    [
        ("req.name", {}),
        ("req.name", {"name": None}),
        ("req.name.first", {"name": "text"}),
        ("req.groupSet[].groupId", {"groupSet": {}}),
        ("req.groupSet[].groupId", {"groupSet": {"items": [{"groupName": "classic"}]}}),
        ("req.X", {"EnableSerialConsoleAccessRequest": ""}),
        ("req.X", "text"),
    ],
)
def test_what_is_not_given_is_missing(path: str, request_parameters: Any) -> None:
    """An empty wrapper says as little as an absent member."""
    assert _find(path, request_parameters) is MISSING


def test_an_s3_query_key_is_no_value() -> None:
    """Beside the body of PutBucketPolicy stands "policy": "", which is not an empty policy."""
    request = {"bucketName": "b", "policy": "", "versioning": [""], "bucketPolicy": {"Statement": []}}
    assert _find("req.policy", request, service="s3") is MISSING
    assert _find("req.versioning", request, service="s3") is MISSING
    assert _find("req.bucketPolicy", request, service="s3") == {"Statement": []}


def test_a_users_map_keeps_its_keys() -> None:
    """Only the members of the API are folded: a tag StratusRedTeam stays as it was written."""
    assert _find("req.TAGS", {"tags": {"StratusRedTeam": "true"}}) == {"StratusRedTeam": "true"}


@pytest.mark.parametrize("text", ["", "req..x", "req.x[0]", "req x", "[]"])
def test_a_malformed_path_is_refused(text: str) -> None:
    """Whoever curates hears of it when the catalog is loaded."""
    with pytest.raises(ValueError, match="is not a path"):
        parse_path(text)
