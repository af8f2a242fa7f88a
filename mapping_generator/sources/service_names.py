"""Services and events whose names differ between the API's models, CloudTrail and Terraform.

Sources: the provider's own names data (its ``names/data``), the eventSource and eventName of records in AWS's
documentation of CloudTrail for each service, and records of real logs.
"""

from __future__ import annotations

from typing import Final

# The first words of a type, without "aws_", that are not a service's name; the longest wins.
SERVICE_OF: Final = {
    prefix: service
    for service, prefixes in {
        "amplify": "amplify_backend_environment",
        "amp": "prometheus",
        "chime-sdk-media-pipelines": "chimesdkmediapipelines",
        "chime-sdk-voice": "chime chimesdkvoice",
        "apigateway": "api_gateway",
        "application-autoscaling": "appautoscaling",
        "autoscaling": "launch_configuration",
        "bedrock-agentcore-control": "bedrockagentcore",
        "cloudcontrol": "cloudcontrolapi",
        "cloudfront": "cloudfront_key_value_store",
        "cloudsearch": "cloudsearch_domain",
        "cloudwatch": "cloudwatch",
        "cognito-idp": "cognito",
        "directconnect": "dx",
        "ds": "directory_service",
        "ec2": (
            "ami customer_gateway default ebs ec2 egress eip flow_log instance internet_gateway key_pair "
            "launch_template main_route_table_association nat_gateway network_acl network_acls network_interface "
            "placement_group route route_table security_group snapshot_create spot subnet verifiedaccess volume vpc "
            "vpn ec2_instance_connect"
        ),
        "elb": "elb load_balancer app_cookie lb_cookie lb_ssl proxy_protocol",
        "elbv2": "lb",
        "es": "elasticsearch",
        "events": "cloudwatch_event",
        "firehose": "kinesis_firehose",
        "kafka": "msk",
        "kafkaconnect": "mskconnect",
        "lex-models": "lex",
        "logs": "cloudwatch_log cloudwatch_query",
        "pinpoint": "pinpoint",
        "rds": "db rds",
        "redshift": "redshift_data_share",
        "s3control": "s3_access_point s3_account_public_access_block",
        "serverlessrepo": "serverlessapplicationrepository",
        "stepfunctions": "sfn",
    }.items()
    for prefix in prefixes.split()
}

# Second names of types, and default resources that Terraform adopts but never creates.
SKIPPED_TYPES: Final = ("aws_alb", "aws_default_", "aws_s3_bucket_object", "aws_s3control_bucket")

# The eventSource without .amazonaws.com, if it is not the name that requests are signed for.
EVENT_SOURCES: Final[dict[str, tuple[str, ...]]] = {
    "amp": ("aps",),
    "apigatewayv2": ("apigateway",),
    "application-autoscaling": ("autoscaling", "application-autoscaling"),
    "bedrock-agent": ("bedrock",),
    "bedrock-agentcore-control": ("bedrock-agentcore",),
    "chime-sdk-voice": ("chime", "chime-sdk-voice"),
    "cloudhsmv2": ("cloudhsm",),
    "cloudwatch": ("monitoring",),
    "dsql": ("dsql",),
    "efs": ("elasticfilesystem",),
    "identitystore": ("identitystore", "sso-directory"),
    "kinesisanalyticsv2": ("kinesisanalytics",),
    "lex-models": ("lex",),
    "lexv2-models": ("lexv2", "lex"),
    "mq": ("amazonmq",),
    "opensearch": ("es",),
    "opensearchserverless": ("aoss",),
    "pinpoint": ("mobiletargeting",),
    "s3control": ("s3",),
    "service-quotas": ("servicequotas",),
    "servicecatalog-appregistry": ("servicecatalog", "servicecatalog-appregistry"),
    "sesv2": ("ses",),
    "sso-admin": ("sso",),
    "stepfunctions": ("states",),
    "timestream-query": ("timestream",),
    "timestream-write": ("timestream",),
}

# The eventName, if it is not the operation's name.
EVENT_NAMES: Final = {
    "s3:DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "s3:PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "s3:PutBucketNotificationConfiguration": "PutBucketNotification",
    "s3:PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "s3:PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3control:DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
    "s3control:PutPublicAccessBlock": "PutAccountPublicAccessBlock",
}

# Services whose requests CloudTrail logs in other shapes: identities are read from them, attributes are not.
OPAQUE_SERVICES: Final = frozenset({"s3", "s3control"})
