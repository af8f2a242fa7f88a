"""Lambda: configuration, code, permissions, event sources, layers and aliases."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.playbook import applied, called, wrote
from tests.drift_detector.scenarios.builders import Scenarios, arn, deleted, modified, placed, unknown, unmanaged
from tests.drift_detector.scenarios.general.attribute_values import FUNCTION, configure, function
from tests.drift_detector.scenarios.messaging.queues_and_topics import queue

FUNCTION_ARN = arn("lambda", "function:app")
QUEUE_ARN = arn("sqs", "jobs")
ADDED = {"uUID": "a1b2-1", "functionArn": FUNCTION_ARN, "eventSourceArn": QUEUE_ARN}
LAYER = "aws_lambda_layer_version.requests"
LAYER_ARN = arn("lambda", "layer:requests")
layer = placed(
    LAYER, id=f"{LAYER_ARN}:3", arn=f"{LAYER_ARN}:3", layer_arn=LAYER_ARN, layer_name="requests", version="3"
)


def permission(**changes: Any) -> dict[str, Any]:
    """Who may call the function."""
    return placed(
        "aws_lambda_permission.events",
        id="events",
        statement_id="events",
        function_name=FUNCTION_ARN,
        action="lambda:InvokeFunction",
        principal="events.amazonaws.com",
        **changes,
    )


def mapping(**changes: Any) -> dict[str, Any]:
    """What makes the function read the queue."""
    attributes = {
        "id": "a1b2-1",
        "uuid": "a1b2-1",
        "function_name": "app",
        "function_arn": FUNCTION_ARN,
        "event_source_arn": QUEUE_ARN,
        "enabled": True,
        "batch_size": 10,
        "maximum_batching_window_in_seconds": 0,
        "filter_criteria": [],
        "scaling_config": [],
        "destination_config": [],
    }
    return placed("aws_lambda_event_source_mapping.jobs", **(attributes | changes))


SCENARIOS: Scenarios = {
    "a function named by its ARN is found": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:UpdateFunctionConfiguration20150331v2",
                {"functionName": FUNCTION_ARN, "memorySize": 10240},
            ),
        ],
        [modified(FUNCTION, "memory_size", 128, 10240)],
    ),
    "a function configured unchanged is no drift": (
        [
            wrote(0, function()),
            configure(memorySize=128, timeout=30, runtime="python3.12", handler="app.main", description=""),
        ],
        [],
    ),
    "other code is a drift": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:UpdateFunctionCode20150331v2",
                {"functionName": "app", "publish": False, "dryRun": False},
                response={"functionName": "app", "codeSha256": "b3RoZXI="},
            ),
        ],
        [modified(FUNCTION, "source_code_hash", "aGFzaA==", "b3RoZXI=")],
    ),
    "the same code is no drift": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:UpdateFunctionCode20150331v2",
                {"functionName": "app"},
                response={"functionName": "app", "codeSha256": "aGFzaA=="},
            ),
        ],
        [],
    ),
    "code is ignored where the state records no hash": (
        [
            wrote(0, function(source_code_hash=None)),
            called(
                5,
                "lambda:UpdateFunctionCode20150331v2",
                {"functionName": "app"},
                response={"codeSha256": "b3RoZXI="},
            ),
        ],
        [],
    ),
    "a permission added by hand is unmanaged": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:AddPermission20150331v2",
                {"functionName": "app", "statementId": "any", "action": "lambda:InvokeFunction", "principal": "*"},
            ),
        ],
        [unmanaged("aws_lambda_permission", "app/any")],
    ),
    "a permission removed by hand is a drift": (
        [
            wrote(0, function(), permission()),
            called(5, "lambda:RemovePermission20150331v2", {"functionName": "app", "statementId": "events"}),
        ],
        [deleted("aws_lambda_permission.events", "events")],
    ),
    "a permission by Terraform is no drift": (
        [
            wrote(0, function()),
            applied(
                5,
                "lambda:AddPermission20150331v2",
                {
                    "functionName": "app",
                    "statementId": "events",
                    "action": "lambda:InvokeFunction",
                    "principal": "events.amazonaws.com",
                },
            ),
            wrote(6, function(), permission()),
        ],
        [],
    ),
    "a function deleted by hand is a drift": (
        [wrote(0, function()), called(5, "lambda:DeleteFunction20150331", {"functionName": "app"})],
        [deleted(FUNCTION, "app")],
    ),
    # ---- Switches
    "a function with a concurrency of zero is a drift": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:PutFunctionConcurrency20171031",
                {"functionName": "app", "reservedConcurrentExecutions": 0},
            ),
        ],
        [modified("aws_lambda_function.app", "reserved_concurrent_executions", -1, 0)],
    ),
    "removing a concurrency limit that does not exist is no drift": (
        [wrote(0, function()), called(5, "lambda:DeleteFunctionConcurrency20171031", {"functionName": "app"})],
        [],
    ),
    "a longer timeout is a drift of the timeout alone, though the log writes the environment too": (
        [wrote(0, function()), configure(timeout=60, environment={})],
        [modified(FUNCTION, "timeout", 30, 60)],
    ),
    "unchanged layers are no drift, though the log writes the environment too": (
        [
            wrote(0, function()),
            configure(environment={}, layers=[arn("lambda", "layer:a:1"), arn("lambda", "layer:b:2")]),
        ],
        [],
    ),
    "an environment alone, with the key that the console sends with it, is unknown": (
        [wrote(0, function()), configure(environment={}, kMSKeyArn="", revisionId="1")],
        [unknown(FUNCTION, "environment", [{"variables": {"LEVEL": "info"}}])],
    ),
    "a function's concurrency removed and given back is reverted": (
        [
            wrote(0, function(reserved_concurrent_executions=5)),
            called(5, "lambda:DeleteFunctionConcurrency20171031", {"functionName": "app"}),
            called(
                6,
                "lambda:PutFunctionConcurrency20171031",
                {"functionName": FUNCTION_ARN, "reservedConcurrentExecutions": 5},
            ),
        ],
        [modified(FUNCTION, "reserved_concurrent_executions", 5, -1, end="reverted")],
    ),
    "a permission on a managed function is unmanaged": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:AddPermission20150331v2",
                {
                    "functionName": FUNCTION_ARN,
                    "statementId": "backdoor",
                    "action": "lambda:InvokeFunction",
                    "principal": "*",
                },
            ),
        ],
        [unmanaged("aws_lambda_permission", "app/backdoor")],
    ),
    "a permission on an unmanaged function is ignored": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:AddPermission20150331v2",
                {"functionName": "theirs", "statementId": "x", "action": "lambda:InvokeFunction", "principal": "*"},
            ),
        ],
        [],
    ),
    "a permission removed and added again as it was is reverted": (
        [
            wrote(0, function(), permission()),
            called(5, "lambda:RemovePermission20150331v2", {"functionName": "app", "statementId": "events"}),
            called(
                6,
                "lambda:AddPermission20150331v2",
                {
                    "functionName": "app",
                    "statementId": "events",
                    "action": "lambda:InvokeFunction",
                    "principal": "events.amazonaws.com",
                },
            ),
        ],
        [deleted("aws_lambda_permission.events", "events", end="reverted")],
    ),
    "a permission added again without the source that narrowed it is a drift": (
        [
            wrote(0, function(), permission(source_arn=arn("events", "rule/nightly"))),
            called(5, "lambda:RemovePermission20150331v2", {"functionName": "app", "statementId": "events"}),
            called(
                6,
                "lambda:AddPermission20150331v2",
                {
                    "functionName": "app",
                    "statementId": "events",
                    "action": "lambda:InvokeFunction",
                    "principal": "events.amazonaws.com",
                },
            ),
        ],
        [
            deleted("aws_lambda_permission.events", "events", end="reverted"),
            modified("aws_lambda_permission.events", "source_arn", arn("events", "rule/nightly"), None),
        ],
    ),
    "a managed function gets an event source that is an unmanaged queue": (
        [
            wrote(0, function()),
            called(
                5,
                "lambda:CreateEventSourceMapping20150331",
                {"functionName": "app", "eventSourceArn": QUEUE_ARN, "enabled": True},
                response=ADDED,
            ),
        ],
        [unmanaged("aws_lambda_event_source_mapping", "a1b2-1")],
    ),
    "an event source of an unmanaged function on a managed queue, deleted again, is reverted": (
        [
            wrote(0, queue()),
            called(
                5,
                "lambda:CreateEventSourceMapping20150331",
                {"functionName": "app", "eventSourceArn": QUEUE_ARN, "enabled": True},
                response=ADDED,
            ),
            called(6, "lambda:DeleteEventSourceMapping20150331", {"uUID": "a1b2-1"}, response=ADDED),
        ],
        [unmanaged("aws_lambda_event_source_mapping", "a1b2-1", end="reverted")],
    ),
    "a managed mapping deleted is a drift": (
        [wrote(0, mapping()), called(5, "lambda:DeleteEventSourceMapping20150331", {"uUID": "a1b2-1"})],
        [deleted("aws_lambda_event_source_mapping.jobs", "a1b2-1")],
    ),
    "a mapping that the console sends unchanged is no drift": (
        [
            wrote(0, mapping()),
            called(
                5,
                "lambda:UpdateEventSourceMapping20150331",
                {
                    "uUID": "a1b2-1",
                    "functionName": FUNCTION_ARN,
                    "enabled": True,
                    "batchSize": 10,
                    "filterCriteria": {},
                    "scalingConfig": {},
                    "destinationConfig": {"onFailure": {}},
                    "maximumBatchingWindowInSeconds": 0,
                },
            ),
        ],
        [],
    ),
    "a managed layer shared with everybody is unmanaged": (
        [
            wrote(
                0,
                placed(
                    "aws_lambda_layer_version.base",
                    id=arn("lambda", "layer:base:3"),
                    arn=arn("lambda", "layer:base:3"),
                    layer_arn=arn("lambda", "layer:base"),
                    layer_name="base",
                    version="3",
                ),
            ),
            called(
                5,
                "lambda:AddLayerVersionPermission20181031",
                {
                    "layerName": arn("lambda", "layer:base"),
                    "versionNumber": 3,
                    "statementId": "all",
                    "action": "lambda:GetLayerVersion",
                    "principal": "*",
                },
            ),
        ],
        [unmanaged("aws_lambda_layer_version_permission", "base/3/all")],
    ),
    "the default handling of failed events is no drift": (
        [
            wrote(
                0,
                placed(
                    "aws_lambda_function_event_invoke_config.app",
                    id="app",
                    function_name=FUNCTION_ARN,
                    qualifier="",
                    maximum_event_age_in_seconds=0,
                    maximum_retry_attempts=1,
                    destination_config=[],
                ),
            ),
            called(
                5,
                "lambda:PutFunctionEventInvokeConfig20191101",
                {"functionName": "app", "maximumEventAgeInSeconds": 21600, "maximumRetryAttempts": 1},
            ),
        ],
        [],
    ),
    "an alias with a weighted second version is a drift": (
        [
            wrote(
                0,
                placed(
                    "aws_lambda_alias.live",
                    id=arn("lambda", "function:app:live"),
                    arn=arn("lambda", "function:app:live"),
                    name="live",
                    function_name=FUNCTION_ARN,
                    function_version="7",
                    description="",
                    routing_config=[],
                ),
            ),
            called(
                5,
                "lambda:UpdateAlias20150331",
                {
                    "functionName": "app",
                    "name": "live",
                    "functionVersion": "7",
                    "routingConfig": {"additionalVersionWeights": {"8": 0.1}},
                },
            ),
        ],
        [modified("aws_lambda_alias.live", "routing_config[0].additional_version_weights", None, {"8": 0.1})],
    ),
    "code that must no longer be signed is a drift": (
        [
            wrote(0, function(code_signing_config_arn=arn("lambda", "code-signing-config:csc-1"))),
            called(5, "lambda:DeleteFunctionCodeSigningConfig20200630", {"functionName": "app"}),
        ],
        [modified(FUNCTION, "code_signing_config_arn", arn("lambda", "code-signing-config:csc-1"), None)],
    ),
    "a deleted layer version is a drift of that version alone": (
        [
            wrote(0, layer),
            called(5, "lambda:DeleteLayerVersion20181031", {"layerName": LAYER_ARN, "versionNumber": 2}),
            called(6, "lambda:DeleteLayerVersion20181031", {"layerName": LAYER_ARN, "versionNumber": 3}),
        ],
        [deleted(LAYER, f"{LAYER_ARN}:3")],
    ),
}
