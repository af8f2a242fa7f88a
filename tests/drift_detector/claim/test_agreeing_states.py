"""Calls of the fixtures against states that already say so: the provider's defaults and spellings are no drift."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from drift_detector.catalog.load import load_catalog
from drift_detector.claim.aws.cloudtrail import call_of
from drift_detector.compare.verdict import Verdict
from drift_detector.facts.attribute_paths import recorded
from drift_detector.facts.call import Target
from tests.drift_detector.cloudtrail import alert_of
from tests.drift_detector.compare.agreement import agreement

CALLS = Path(__file__).parents[1] / "fixtures" / "calls"
CATALOG = load_catalog()

WEB_ACL: dict[str, Any] = {
    "default_action": [{"allow": [], "block": [{"custom_response": []}]}],
    "description": "foo",
    "rule": [
        {
            "name": "foo",
            "priority": 1,
            "action": [{"allow": [], "block": [{"custom_response": []}], "captcha": [], "challenge": [], "count": []}],
            "override_action": [],
            "rule_label": [],
            "statement": [{"geo_match_statement": [{"country_codes": ["AF"], "forwarded_ip_config": []}]}],
            "visibility_config": [
                {"cloudwatch_metrics_enabled": True, "metric_name": "foo", "sampled_requests_enabled": True}
            ],
        }
    ],
    "token_domains": None,
    "visibility_config": [{"cloudwatch_metrics_enabled": True, "metric_name": "foo", "sampled_requests_enabled": True}],
}
ALARM: dict[str, Any] = {
    "actions_enabled": True,
    "alarm_actions": None,
    "alarm_description": "",
    "comparison_operator": "GreaterThanThreshold",
    "datapoints_to_alarm": 0,
    "dimensions": None,
    "evaluate_low_sample_count_percentiles": "",
    "evaluation_periods": 3,
    "extended_statistic": "",
    "insufficient_data_actions": [],
    "metric_name": "CloudTrail Test",
    "metric_query": [],
    "namespace": "AWS/CloudWatch",
    "ok_actions": [],
    "period": 60,
    "statistic": "Sum",
    "threshold": 50,
    "threshold_metric_id": "",
    "treat_missing_data": "missing",
    "unit": "",
}
DISTRIBUTION = {
    "aliases": ["www.example.com"],
    "comment": "the shop",
    "continuous_deployment_policy_id": "",
    "default_root_object": "",
    "enabled": True,
    "http_version": "http2and3",
    "is_ipv6_enabled": True,
    "price_class": "PriceClass_All",
    "staging": False,
    "web_acl_id": "",
    "logging_config": [],
    "viewer_certificate": [
        {
            "acm_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/c1",
            "cloudfront_default_certificate": False,
            "iam_certificate_id": "",
            "minimum_protocol_version": "TLSv1.2_2021",
            "ssl_support_method": "sni-only",
        }
    ],
    "restrictions": [{"geo_restriction": [{"locations": [], "restriction_type": "none"}]}],
    "custom_error_response": [],
    "origin": [
        {
            "origin_id": "web",
            "domain_name": "web.example.com",
            "origin_path": "",
            "connection_attempts": 3,
            "connection_timeout": 10,
            "custom_header": [],
            "origin_access_control_id": "",
            "custom_origin_config": [
                {
                    "http_port": 80,
                    "https_port": 443,
                    "ip_address_type": "",
                    "origin_keepalive_timeout": 5,
                    "origin_protocol_policy": "https-only",
                    "origin_read_timeout": 30,
                    "origin_ssl_protocols": ["TLSv1.2"],
                }
            ],
            "origin_shield": [],
            "s3_origin_config": [],
            "vpc_origin_config": [],
        }
    ],
    "ordered_cache_behavior": [],
    "default_cache_behavior": [
        {
            "allowed_methods": ["GET", "HEAD"],
            "cached_methods": ["GET", "HEAD"],
            "cache_policy_id": "",
            "compress": False,
            "default_ttl": 86400,
            "max_ttl": 31536000,
            "min_ttl": 0,
            "field_level_encryption_id": "",
            "forwarded_values": [
                {
                    "cookies": [{"forward": "none", "whitelisted_names": None}],
                    "headers": ["*"],
                    "query_string": False,
                    "query_string_cache_keys": [],
                }
            ],
            "function_association": [],
            "grpc_config": [{"enabled": False}],
            "lambda_function_association": [],
            "origin_request_policy_id": "",
            "realtime_log_config_arn": "",
            "response_headers_policy_id": "",
            "smooth_streaming": False,
            "target_origin_id": "web",
            "trusted_key_groups": [],
            "trusted_signers": [],
            "viewer_protocol_policy": "redirect-to-https",
        }
    ],
}
ALIAS = {
    "ttl": 0,
    "records": None,
    "alias": [
        {"name": "lb-1.eu-central-1.elb.amazonaws.com", "zone_id": "Z215JYRZR1TBD5", "evaluate_target_health": False}
    ],
    "health_check_id": "",
    "multivalue_answer_routing_policy": False,
}
RULE = {
    "description": "",
    "event_pattern": '{ "source": [ "aws.ec2" ] }',
    "role_arn": "",
    "schedule_expression": "",
    "is_enabled": True,
}
METRIC_FILTER = {
    "pattern": '{ $.userIdentity.type = "Root" }',
    "metric_transformation": [
        {
            "name": "RootLogins",
            "namespace": "Security",
            "value": "1",
            "default_value": "0",
            "dimensions": None,
            "unit": "None",
        }
    ],
}
QUEUE = {
    "policy": "",
    "redrive_policy": '{"maxReceiveCount":3,"deadLetterTargetArn":"arn:aws:sqs:us-east-2:123456789012:dead"}',
    "redrive_allow_policy": "",
    "receive_wait_time_seconds": 0,
    "sqs_managed_sse_enabled": True,
    "delay_seconds": 0,
    "kms_master_key_id": "",
    "message_retention_seconds": 345600,
    "max_message_size": 262144,
    "visibility_timeout_seconds": 30,
}
DOMAIN = {
    "cluster_config": [{"instance_count": 3, "multi_az_with_standby_enabled": False}],
    "domain_endpoint_options": [{"enforce_https": False}],
    "ebs_options": [{"ebs_enabled": True, "volume_size": 20}],
    "vpc_options": [{"security_group_ids": ["sg-1"]}],
}
JOB = {
    "role_arn": "arn:aws:iam::123456789012:role/glue-admin",
    "connections": ["db"],
    "default_arguments": {"--job-language": "python"},
    "glue_version": "4.0",
    "max_retries": 0,
    "number_of_workers": 10,
    "timeout": 60,
    "worker_type": "G.1X",
    "command": [{"name": "glueetl", "python_version": "3", "runtime": "", "script_location": "s3://b/evil.py"}],
    "execution_property": [{"max_concurrent_runs": 1}],
}
CACHE = {
    "automatic_failover_enabled": False,
    "description": "of users",
    "maintenance_window": "sun:05:00-sun:06:00",
    "multi_az_enabled": False,
    "node_type": "cache.t4g.small",
    "parameter_group_name": "default.redis7",
    "security_group_ids": ["sg-1"],
    "snapshot_retention_limit": 0,
}
MACHINE = {
    "role_arn": "arn:aws:iam::123456789012:role/r",
    "logging_configuration": [{"level": "OFF", "include_execution_data": False, "log_destination": ""}],
    "tracing_configuration": [],
}
AGREEING = [
    ("wafv2", "blocks by default", "aws_wafv2_web_acl", WEB_ACL),
    ("monitoring", "without actions", "aws_cloudwatch_metric_alarm", ALARM),
    ("cloudfront", "as the console sends", "aws_cloudfront_distribution", DISTRIBUTION),
    ("route53", "becomes an alias", "aws_route53_record", ALIAS),
    ("events", "of the default bus", "aws_cloudwatch_event_rule", RULE),
    ("logs", "counts something else", "aws_cloudwatch_log_metric_filter", METRIC_FILTER),
    ("sqs", "what the console sends", "aws_sqs_queue", QUEUE),
    ("es", "a domain grows", "aws_opensearch_domain", DOMAIN),
    ("glue", "another script", "aws_glue_job", JOB),
    ("elasticache", "fails over no more", "aws_elasticache_replication_group", CACHE),
    ("states", "no longer logs", "aws_sfn_state_machine", MACHINE),
]


def targets_of(service: str, words: str, resource_type: str) -> list[Target]:
    """What the call of a fixture says of a type, by words of the fixture's name."""
    cases = json.loads((CALLS / f"{service}_more.json").read_text())
    (record,) = (case["record"] for case in cases if words in case["case"])
    call = call_of(*alert_of(record), CATALOG)
    assert call is not None
    return [target for group in call.groups for target in group if target.type == resource_type and target.operations]


@pytest.mark.parametrize(("service", "words", "resource_type", "state"), AGREEING, ids=[row[2] for row in AGREEING])
def test_a_state_that_says_what_a_call_says_does_not_differ(
    service: str, words: str, resource_type: str, state: dict[str, Any]
) -> None:
    """Otherwise whoever presses "save" without a change would raise an alarm."""
    targets = targets_of(service, words, resource_type)
    differing = [
        operation.attribute
        for target in targets
        for operation in target.operations
        if agreement(
            operation,
            recorded(state, operation.attribute),
            CATALOG.comparison(resource_type, operation.attribute),
        )
        is Verdict.DIFFERENT
    ]
    assert targets != []
    assert differing == []
