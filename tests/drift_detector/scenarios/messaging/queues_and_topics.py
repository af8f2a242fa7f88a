"""SQS queues and SNS topics: policies, subscriptions, and queue URLs."""

from __future__ import annotations

from typing import Any

from tests.drift_detector.correlate.test_lifecycle import other
from tests.drift_detector.playbook import ACCOUNT, Step, called, wrote
from tests.drift_detector.scenarios.builders import (
    OTHER_ACCOUNT,
    Scenarios,
    allow,
    arn,
    modified,
    placed,
    policy,
    spaced,
    text,
    unknown,
    unmanaged,
)
from tests.drift_detector.scenarios.identity.iam import ANYTHING, READ
from tests.drift_detector.scenarios.identity.policy_documents import ROOT
from tests.drift_detector.scenarios.security.kms import ANYBODY, OWN

URL = f"https://sqs.eu-central-1.amazonaws.com/{ACCOUNT}/jobs"
QUEUE = "aws_sqs_queue.jobs"
TOPIC = "aws_sns_topic.alarms"
TOPIC_ARN = arn("sns", "alarms")
QUEUE_ARN = arn("sqs", "jobs")
OLDER_URL = f"https://eu-central-1.queue.amazonaws.com/{ACCOUNT}/jobs"
SENDERS: dict[str, Any] = {
    "Version": "2008-10-17",
    "Id": "jobs",
    "Statement": [
        {"Sid": "own", "Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "SQS:*", "Resource": QUEUE_ARN}
    ],
}
OTHERS: dict[str, Any] = {
    "Sid": "others",
    "Effect": "Allow",
    "Principal": {"AWS": [OTHER_ACCOUNT]},
    "Action": ["SQS:SendMessage"],
    "Resource": QUEUE_ARN,
}
AS_STORED = OTHERS | {"Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}, "Action": "SQS:SendMessage"}


def queue(**changes: Any) -> dict[str, Any]:
    """A queue as a state holds it."""
    attributes: dict[str, Any] = {
        "id": URL,
        "url": URL,
        "arn": arn("sqs", "jobs"),
        "name": "jobs",
        "visibility_timeout_seconds": 30,
        "message_retention_seconds": 345600,
        "delay_seconds": 0,
        "policy": "",
    }
    return placed(QUEUE, **(attributes | changes))


def on_queue(**attributes: str) -> Step:
    """Somebody sets attributes of the queue."""
    return called(5, "sqs:SetQueueAttributes", {"queueUrl": URL, "attributes": attributes})


def topic(**changes: Any) -> dict[str, Any]:
    """A topic."""
    attributes: dict[str, Any] = {
        "id": TOPIC_ARN,
        "arn": TOPIC_ARN,
        "name": "alarms",
        "display_name": "",
        "policy": text(READ),
        "kms_master_key_id": "alias/aws/sns",
    }
    return placed(TOPIC, **(attributes | changes))


def on_topic(name: str, value: str) -> Step:
    """Somebody sets an attribute of the topic."""
    request = {"topicArn": TOPIC_ARN, "attributeName": name, "attributeValue": value}
    return called(5, "sns:SetTopicAttributes", request)


def permit(label: str = "others", url: str = URL, minutes: int = 5) -> Step:
    """Somebody lets another account send to the queue."""
    request = {"queueUrl": url, "label": label, "actions": ["SendMessage"], "aWSAccountIds": [OTHER_ACCOUNT]}
    return called(minutes, "sqs:AddPermission", request)


def forbid(label: str = "others", minutes: int = 6) -> Step:
    """Somebody takes a statement out of the queue's policy."""
    return called(minutes, "sqs:RemovePermission", {"queueUrl": URL, "label": label})


def with_others(statement: dict[str, Any] = OTHERS) -> dict[str, Any]:
    """The policy with the other account's statement."""
    return SENDERS | {"Statement": [*SENDERS["Statement"], statement]}


def topic_with_default_policy(**changes: Any) -> dict[str, Any]:
    """A topic, whose policy the cloud makes where none is given."""
    own = allow("SNS:Publish", on=TOPIC_ARN, Principal={"AWS": "*"}, Sid="__default_statement_ID")
    attributes = {"id": TOPIC_ARN, "arn": TOPIC_ARN, "name": "alarms", "policy": text(policy(own)), "display_name": ""}
    return placed(TOPIC, **(attributes | changes))


def subscriber(**changes: Any) -> dict[str, Any]:
    """Who subscribes to the topic."""
    attributes = {
        "id": f"{TOPIC_ARN}:1",
        "arn": f"{TOPIC_ARN}:1",
        "topic_arn": TOPIC_ARN,
        "protocol": "sqs",
        "endpoint": QUEUE_ARN,
        "filter_policy": "",
        "redrive_policy": "",
        "raw_message_delivery": False,
    }
    return placed("aws_sns_topic_subscription.jobs", **(attributes | changes))


def on_subscriber(name: str, value: str) -> Step:
    """Somebody sets an attribute of the subscription."""
    return called(
        5,
        "sns:SetSubscriptionAttributes",
        {"subscriptionArn": f"{TOPIC_ARN}:1", "attributeName": name, "attributeValue": value},
    )


SCENARIOS: Scenarios = {
    "a queue's number as text equals the number": ([wrote(0, queue()), on_queue(VisibilityTimeout="30")], []),
    "a queue's other number is a drift": (
        [wrote(0, queue()), on_queue(VisibilityTimeout="30", MessageRetentionPeriod="60")],
        [modified(QUEUE, "message_retention_seconds", 345600, "60")],
    ),
    "a queue's empty policy equals no policy": ([wrote(0, queue()), on_queue(Policy="")], []),
    "a queue's policy put unchanged is no drift": (
        [wrote(0, queue(policy=text(OWN))), on_queue(Policy=spaced(OWN))],
        [],
    ),
    "a queue's policy may be a resource of its own": (
        [
            wrote(
                0,
                queue(policy=text(OWN)),
                placed("aws_sqs_queue_policy.jobs", id=URL, queue_url=URL, policy=text(OWN)),
            ),
            on_queue(Policy=spaced(ANYBODY), DelaySeconds="0"),
        ],
        [modified("aws_sqs_queue_policy.jobs", "policy", text(OWN), text(ANYBODY))],
    ),
    # ---- Topics
    "a topic's policy put unchanged is no drift": ([wrote(0, topic()), on_topic("Policy", spaced(READ))], []),
    "a topic's policy opened is a drift": (
        [wrote(0, topic()), on_topic("Policy", spaced(ANYTHING))],
        [modified(TOPIC, "policy", text(READ), text(ANYTHING))],
    ),
    "a topic's display name is a drift": (
        [wrote(0, topic()), on_topic("DisplayName", "Alarms")],
        [modified(TOPIC, "display_name", "", "Alarms")],
    ),
    "removing a filter policy that does not exist is no drift": (
        [wrote(0, subscriber()), on_subscriber("FilterPolicy", "{}")],
        [],
    ),
    "a removed filter policy is a drift": (
        [wrote(0, subscriber(filter_policy='{"kind":["order"]}')), on_subscriber("FilterPolicy", "{}")],
        [modified("aws_sns_topic_subscription.jobs", "filter_policy", '{"kind":["order"]}', "{}")],
    ),
    "another account may send: a statement added to the queue's policy": (
        [wrote(0, queue(policy=text(SENDERS))), permit()],
        [modified(QUEUE, "policy", text(SENDERS), text(with_others()))],
    ),
    "another account may send, and the statement is removed: reverted": (
        [wrote(0, queue(policy=text(SENDERS))), permit(), forbid()],
        [modified(QUEUE, "policy", text(SENDERS), text(with_others()), end="reverted")],
    ),
    "a statement that a refresh took in as the cloud keeps it is absorbed": (
        [wrote(0, queue(policy=text(SENDERS))), permit(), wrote(9, queue(policy=text(with_others(AS_STORED))))],
        [modified(QUEUE, "policy", text(SENDERS), text(with_others()), end="absorbed")],
    ),
    "a first statement creates a policy that the log does not show": (
        [wrote(0, queue()), permit()],
        [unknown(QUEUE, "policy", "")],
    ),
    "a removed statement is a drift of the policy resource": (
        [
            wrote(
                0,
                queue(policy=text(SENDERS)),
                placed("aws_sqs_queue_policy.jobs", id=URL, queue_url=URL, policy=text(SENDERS)),
            ),
            forbid("own"),
        ],
        [modified("aws_sqs_queue_policy.jobs", "policy", text(SENDERS), text(SENDERS | {"Statement": []}))],
    ),
    "removing a statement that does not exist is no drift": (
        [wrote(0, queue(policy=text(SENDERS))), forbid("never")],
        [],
    ),
    "a queue named by its older URL is found": (
        [wrote(0, queue(policy=text(SENDERS))), permit(url=OLDER_URL)],
        [modified(QUEUE, "policy", text(SENDERS), text(with_others()))],
    ),
    "a queue whose state has its older URL is found": (
        [
            wrote(0, queue(id=OLDER_URL, url=OLDER_URL)),
            called(5, "sqs:SetQueueAttributes", {"queueUrl": URL, "attributes": {"VisibilityTimeout": "31"}}),
        ],
        [modified(QUEUE, "visibility_timeout_seconds", 30, "31")],
    ),
    "a queue of the same name in another account or region is not meant": (
        [
            wrote(0, queue()),
            called(5, "sqs:DeleteQueue", {"queueUrl": URL.replace(ACCOUNT, OTHER_ACCOUNT)}),
            called(6, "sqs:DeleteQueue", {"queueUrl": URL.replace("central", "west")}, region="eu-west-1"),
        ],
        [],
    ),
    "a queue's tag is one of the queue by its URL": (
        [
            wrote(0, queue(tags={}, tags_all={})),
            called(5, "sqs:TagQueue", {"queueUrl": URL, "tags": {"Team": "eve"}}),
        ],
        [modified(QUEUE, "tags.Team", None, "eve")],
    ),
    "a queue created and deleted by hand is reverted": (
        [
            wrote(0, other()),
            called(5, "sqs:CreateQueue", {"queueName": "jobs"}, response={"queueUrl": URL}),
            called(6, "sqs:DeleteQueue", {"queueUrl": OLDER_URL}),
        ],
        [unmanaged("aws_sqs_queue", QUEUE_ARN, end="reverted")],
    ),
    "another account may publish, and the statement is removed": (
        [
            wrote(0, topic_with_default_policy(policy=text(SENDERS))),
            called(
                5,
                "sns:AddPermission",
                {"topicArn": TOPIC_ARN, "label": "others", "aWSAccountId": [OTHER_ACCOUNT], "actionName": ["Publish"]},
            ),
            called(6, "sns:RemovePermission", {"topicArn": TOPIC_ARN, "label": "others"}),
        ],
        [
            modified(
                TOPIC,
                "policy",
                text(SENDERS),
                text(with_others(OTHERS | {"Action": ["SNS:Publish"], "Resource": TOPIC_ARN})),
                end="reverted",
            )
        ],
    ),
    "a pending subscription is no drift, and unmanaged once it is confirmed": (
        [
            wrote(0, topic_with_default_policy()),
            called(
                5,
                "sns:Subscribe",
                {"topicArn": TOPIC_ARN, "protocol": "https", "endpoint": "https://evil.example"},
                response={"subscriptionArn": "pending confirmation"},
            ),
            called(
                6,
                "sns:ConfirmSubscription",
                {"topicArn": TOPIC_ARN, "token": "HIDDEN_DUE_TO_SECURITY_REASONS"},
                response={"subscriptionArn": f"{TOPIC_ARN}:1"},
            ),
        ],
        [unmanaged("aws_sns_topic_subscription", f"{TOPIC_ARN}:1")],
    ),
    "a subscription that waits is no drift": (
        [
            wrote(0, topic_with_default_policy()),
            called(
                5,
                "sns:Subscribe",
                {"topicArn": TOPIC_ARN, "protocol": "email", "endpoint": "jane@acme.example"},
                response={"subscriptionArn": "pending confirmation"},
            ),
        ],
        [],
    ),
    "a data protection policy on a managed topic is unmanaged": (
        [
            wrote(0, topic_with_default_policy()),
            called(
                5, "sns:PutDataProtectionPolicy", {"resourceArn": TOPIC_ARN, "dataProtectionPolicy": '{"Name":"p"}'}
            ),
        ],
        [unmanaged("aws_sns_topic_data_protection_policy", TOPIC_ARN)],
    ),
}
