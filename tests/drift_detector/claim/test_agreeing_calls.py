"""Calls that change nothing of what a state records, as consoles and Terraform itself send them, and others that do.

The states are as the provider writes them: with every attribute, defaults filled in, blocks as lists.
"""

from __future__ import annotations

from typing import Any

import pytest

from drift_detector.catalog.load import load_catalog
from drift_detector.claim.aws.cloudtrail import call_of
from drift_detector.compare.verdict import Verdict
from drift_detector.facts.attribute_paths import recorded
from tests.drift_detector.cloudtrail import alert_of
from tests.drift_detector.compare.agreement import agreement

CATALOG = load_catalog()
S3 = {"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"}
GROUP = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/6d0ecf831eec9f09"


def lifecycle(**rule: Any) -> dict[str, Any]:
    """A lifecycle rule as the provider records it."""
    blocks = (
        "abort_incomplete_multipart_upload",
        "expiration",
        "filter",
        "noncurrent_version_expiration",
        "transition",
    )
    return (
        {"id": "a", "status": "Enabled", "prefix": "", "noncurrent_version_transition": []}
        | {block: [] for block in blocks}
        | rule
    )


def lifecycle_call(**rule: Any) -> tuple[str, str, dict[str, Any]]:
    """A call that puts one lifecycle rule."""
    body = {**S3, "Rule": {"ID": "a", "Status": "Enabled", **rule}}
    return "s3", "PutBucketLifecycle", {"bucketName": "b", "LifecycleConfiguration": body}


EXPIRES = {"days": 30, "date": "", "expired_object_delete_marker": False}
ALL_KEYS: dict[str, Any] = {
    "prefix": "",
    "and": [],
    "tag": [],
    "object_size_greater_than": None,
    "object_size_less_than": None,
}
SELECTORS = {"eventSelectors": [{"readWriteType": "All", "includeManagementEvents": True, "dataResources": []}]}
STARTS = {"read_write_type": "All", "include_management_events": True, "exclude_management_event_sources": []}
OBJECTS = {"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}
FORWARD = {"type": "forward", "targetGroupArn": GROUP, "forwardConfig": {"targetGroups": [{"targetGroupArn": GROUP}]}}
RECORDED_FORWARD = {"type": "forward", "order": 1, "target_group_arn": GROUP, "forward": [], "redirect": []}
CONDITION = {"host_header": [], "path_pattern": [{"values": ["/a", "/b"], "regex_values": []}], "query_string": []}
INDEX = {"name": "by-year", "hash_key": "year", "range_key": "", "read_capacity": 5, "write_capacity": 5}
GRANT = {
    "permission": "FULL_CONTROL",
    "grantee": [{"type": "CanonicalUser", "id": "c0ffee", "uri": "", "display_name": "x"}],
}
OWNER = {"Permission": "FULL_CONTROL", "Grantee": {"xsi:type": "CanonicalUser", "ID": "c0ffee"}}
WORLD = {
    "Permission": "READ",
    "Grantee": {"xsi:type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
}
OWNERS = {"type": "CanonicalUser", "id": "c0ffee", "uri": "", "permissions": ["FULL_CONTROL"]}


def acl(*grants: dict[str, Any]) -> dict[str, Any]:
    """A call's access control list."""
    return {"bucketName": "b", "AccessControlPolicy": {**S3, "AccessControlList": {"Grant": list(grants)}}}


@pytest.mark.parametrize(
    ("call", "resource_type", "attributes", "differing"),
    [
        # A rule for all keys has three spellings.
        (
            lifecycle_call(Filter={"Prefix": ""}, Expiration={"Days": 30}),
            "aws_s3_bucket_lifecycle_configuration",
            {"rule": [lifecycle(expiration=[EXPIRES])]},
            [],
        ),
        (
            lifecycle_call(Filter="", Expiration={"Days": 30}),
            "aws_s3_bucket_lifecycle_configuration",
            {"rule": [lifecycle(expiration=[EXPIRES], filter=[ALL_KEYS])]},
            [],
        ),
        (
            lifecycle_call(Filter={"Prefix": "logs/"}, Expiration={"Days": 30}),
            "aws_s3_bucket_lifecycle_configuration",
            {"rule": [lifecycle(expiration=[EXPIRES], filter=[ALL_KEYS])]},
            ["rule"],
        ),
        # What a rule does no more is a change, too.
        (
            lifecycle_call(Filter="", Transition={"Days": 1, "StorageClass": "GLACIER"}),
            "aws_s3_bucket_lifecycle_configuration",
            {
                "rule": [
                    lifecycle(expiration=[EXPIRES], transition=[{"days": 1, "storage_class": "GLACIER", "date": ""}])
                ]
            },
            ["rule"],
        ),
        (
            ("s3", "PutBucketAcl", acl(OWNER)),
            "aws_s3_bucket_acl",
            {"acl": "private", "access_control_policy": [{"grant": [GRANT], "owner": [{"id": "c0ffee"}]}]},
            [],
        ),
        (
            ("s3", "PutBucketAcl", acl(OWNER, WORLD)),
            "aws_s3_bucket_acl",
            {"acl": "private", "access_control_policy": [{"grant": [GRANT], "owner": [{"id": "c0ffee"}]}]},
            ["access_control_policy[0].grant"],
        ),
        # The bucket itself: version 3 of the provider records the list, later ones the grants.
        (
            ("s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": "private"}),
            "aws_s3_bucket",
            {"acl": "private", "grant": []},
            [],
        ),
        (
            ("s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": "public-read"}),
            "aws_s3_bucket",
            {"acl": "private", "grant": []},
            ["acl"],
        ),
        (
            ("s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": "private"}),
            "aws_s3_bucket",
            {"acl": None, "grant": [OWNERS]},
            [],
        ),
        (
            ("s3", "PutBucketAcl", {"bucketName": "b", "x-amz-acl": "public-read"}),
            "aws_s3_bucket",
            {"acl": None, "grant": [OWNERS]},
            ["grant"],
        ),
        (("s3", "PutBucketAcl", acl(OWNER)), "aws_s3_bucket", {"acl": None, "grant": [OWNERS]}, []),
        (("s3", "PutBucketAcl", acl(OWNER, WORLD)), "aws_s3_bucket", {"acl": None, "grant": [OWNERS]}, ["grant"]),
        (
            ("s3", "PutBucketLogging", {"bucketName": "b", "BucketLoggingStatus": S3}),
            "aws_s3_bucket",
            {"logging": []},
            [],
        ),
        (
            ("s3", "PutBucketLogging", {"bucketName": "b", "BucketLoggingStatus": S3}),
            "aws_s3_bucket",
            {"logging": [{"target_bucket": "audit", "target_prefix": ""}]},
            ["logging"],
        ),
        # AWS's own selector is what Terraform puts when the last one goes.
        (
            ("cloudtrail", "PutEventSelectors", {"trailName": "main", **SELECTORS}),
            "aws_cloudtrail",
            {"event_selector": [], "advanced_event_selector": []},
            [],
        ),
        (
            ("cloudtrail", "PutEventSelectors", {"trailName": "main", **SELECTORS}),
            "aws_cloudtrail",
            {"event_selector": [{**STARTS, "data_resource": [OBJECTS]}], "advanced_event_selector": []},
            ["event_selector"],
        ),
        (
            (
                "lambda",
                "UpdateFunctionConfiguration20150331v2",
                {
                    "functionName": "resize",
                    "timeout": 3,
                    "ephemeralStorage": {"size": 512},
                    "snapStart": {"applyOn": "None"},
                    "vpcConfig": {"subnetIds": [], "securityGroupIds": [], "ipv6AllowedForDualStack": False},
                },
            ),
            "aws_lambda_function",
            {"timeout": 3, "ephemeral_storage": [{"size": 512}], "snap_start": [], "vpc_config": []},
            [],
        ),
        (
            ("lambda", "DeleteFunctionConcurrency20171031", {"functionName": "resize"}),
            "aws_lambda_function",
            {"reserved_concurrent_executions": -1},
            [],
        ),
        (
            ("lambda", "PutFunctionConcurrency20171031", {"functionName": "resize", "reservedConcurrentExecutions": 0}),
            "aws_lambda_function",
            {"reserved_concurrent_executions": -1},
            ["reserved_concurrent_executions"],
        ),
        (
            ("elasticloadbalancing", "ModifyListener", {"listenerArn": "arn:l", "defaultActions": [FORWARD]}),
            "aws_lb_listener",
            {"default_action": [RECORDED_FORWARD]},
            [],
        ),
        (
            (
                "elasticloadbalancing",
                "ModifyRule",
                {"ruleArn": "arn:r", "conditions": [{"field": "path-pattern", "values": ["/b", "/a"]}]},
            ),
            "aws_lb_listener_rule",
            {"condition": [CONDITION]},
            [],
        ),
        (
            (
                "elasticloadbalancing",
                "ModifyRule",
                {"ruleArn": "arn:r", "conditions": [{"field": "path-pattern", "values": ["/a"]}]},
            ),
            "aws_lb_listener_rule",
            {"condition": [CONDITION]},
            ["condition"],
        ),
        (
            (
                "rds",
                "ModifyDBParameterGroup",
                {"dBParameterGroupName": "g", "parameters": [{"parameterName": "a", "parameterValue": 1}]},
            ),
            "aws_db_parameter_group",
            {"parameter": [{"name": "a", "value": "1", "apply_method": "immediate"}]},
            [],
        ),
        (
            (
                "rds",
                "ModifyDBParameterGroup",
                {"dBParameterGroupName": "g", "parameters": [{"parameterName": "b", "parameterValue": "1"}]},
            ),
            "aws_db_parameter_group",
            {"parameter": [{"name": "a", "value": "1", "apply_method": "immediate"}]},
            ["parameter"],
        ),
        (
            (
                "dynamodb",
                "UpdateTimeToLive",
                {"tableName": "t", "timeToLiveSpecification": {"enabled": False, "attributeName": "x"}},
            ),
            "aws_dynamodb_table",
            {"ttl": [{"attribute_name": "", "enabled": False}]},
            [],
        ),
        (
            (
                "dynamodb",
                "UpdateTable",
                {
                    "tableName": "t",
                    "globalSecondaryIndexUpdates": [
                        {
                            "update": {
                                "indexName": "by-year",
                                "provisionedThroughput": {"readCapacityUnits": 5, "writeCapacityUnits": 5},
                            }
                        }
                    ],
                },
            ),
            "aws_dynamodb_table",
            {"global_secondary_index": [INDEX]},
            [],
        ),
        (
            (
                "dynamodb",
                "UpdateTable",
                {"tableName": "t", "globalSecondaryIndexUpdates": [{"delete": {"indexName": "by-year"}}]},
            ),
            "aws_dynamodb_table",
            {"global_secondary_index": [INDEX]},
            ["global_secondary_index"],
        ),
        (
            ("autoscaling", "UpdateAutoScalingGroup", {"autoScalingGroupName": "g", "vPCZoneIdentifier": "b, a"}),
            "aws_autoscaling_group",
            {"vpc_zone_identifier": ["a", "b"]},
            [],
        ),
        (
            (
                "autoscaling",
                "CreateOrUpdateTags",
                {"tags": [{"resourceId": "g", "key": "Env", "value": "dev", "propagateAtLaunch": True}]},
            ),
            "aws_autoscaling_group",
            {"tag": [{"key": "Env", "value": "prod", "propagate_at_launch": True}]},
            ["tag"],
        ),
        (
            (
                "eks",
                "UpdateNodegroupConfig",
                {"clusterName": "c", "nodegroupName": "n", "labels": {"removeLabels": ["a"]}},
            ),
            "aws_eks_node_group",
            {"labels": {"b": "1"}},
            [],
        ),
        (
            (
                "eks",
                "UpdateNodegroupConfig",
                {"clusterName": "c", "nodegroupName": "n", "labels": {"removeLabels": ["a"]}},
            ),
            "aws_eks_node_group",
            {"labels": {"a": "1"}},
            ["labels.a"],
        ),
        (
            (
                "ecs",
                "UpdateService",
                {"cluster": "c", "service": "s", "taskDefinition": "api:12", "propagateTags": "NONE"},
            ),
            "aws_ecs_service",
            {"task_definition": "arn:aws:ecs:eu-central-1:123456789012:task-definition/api:12", "propagate_tags": None},
            [],
        ),
    ],
)
def test_only_a_change_of_what_is_recorded_differs(
    call: tuple[str, str, dict[str, Any]], resource_type: str, attributes: dict[str, Any], differing: list[str]
) -> None:
    """A false alarm a day, and nobody reads alarms any more."""
    service, name, request = call
    record = {"eventSource": f"{service}.amazonaws.com", "eventName": name, "requestParameters": request}
    made = call_of(*alert_of(record), CATALOG)
    assert made is not None
    targets = [target for group in made.groups for target in group if target.type == resource_type]
    assert targets
    found = {
        operation.attribute
        for target in targets
        for operation in target.operations
        if operation.attribute.split(".")[0].split("[")[0] in attributes
        and agreement(
            operation, recorded(attributes, operation.attribute), CATALOG.comparison(resource_type, operation.attribute)
        )
        is Verdict.DIFFERENT
    }
    assert sorted(found) == differing
