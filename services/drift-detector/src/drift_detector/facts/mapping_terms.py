"""The terms of the mapping: tiers, kinds of targets, comparators and transforms."""

from __future__ import annotations

from enum import StrEnum


class Tier(StrEnum):
    """Says how far an event's mapping can be trusted."""

    VERIFIED = "verified"  # by a successful call in a real log
    DOCUMENTED = "documented"  # by the API's documentation and models
    STRONG = "auto-strong"
    WEAK = "auto-weak"
    ASSUMED = "assumed"  # by analogy: nothing that was found shows or documents the log's shape


class Kind(StrEnum):
    """Says what an event does to a target, in the words of the mapping."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    UPSERT = "upsert"
    ATTACH = "attach"
    DETACH = "detach"


class Comparator(StrEnum):
    """Names how two values of an attribute are compared; see `drift_detector.compare.values`."""

    VALUE = "value"
    SET = "set"
    TEXT_FOLDED = "text_folded"
    JSON = "json"
    JSON_SETS = "json_sets"
    JSON_POLICY = "json_policy"
    ARN_OR_NAME = "arn_or_name"
    CIDR = "cidr"
    VERSION = "version"
    USER_DATA = "user_data"
    SG_RULES = "sg_rules"
    BLOCKS = "blocks"
    LB_ACTIONS = "lb_actions"
    PROTOCOL = "protocol"
    DNS_NAME = "dns_name"
    DNS_VALUES = "dns_values"
    CHOICE = "choice"
    TAG = "tag"
    QUANTITY = "quantity"


class Transform(StrEnum):
    """Names how a value of the call becomes one of the state; see `drift_detector.claim.transforms`."""

    VALUE = "value"
    RAW = "raw"
    JSON_POLICY = "json_policy"
    ARN_TAIL = "arn_tail"
    ARN_PARENT = "arn_parent"
    LAMBDA_NAME = "lambda_name"
    KMS_KEY_ID = "kms_key_id"
    QUEUE_ARN = "queue_arn"
    LOG_GROUP_NAME = "log_group_name"
    COLON_TAIL = "colon_tail"
    CIDR = "cidr"
    COMMA_LIST = "comma_list"
    LOG_PUBLISHING = "log_publishing"
    S3_GRANTS = "s3_grants"
    TAGS = "tags"
    HIDDEN = "hidden"
    SG_RULES = "sg_rules"
    FOLDED = "folded"
    PATH_TAIL = "path_tail"
    PATH_TAIL_FOLDED = "path_tail_folded"
    DNS_NAME = "dns_name"
    DNS_VALUE = "dns_value"
    NAME_VALUES = "name_values"
    CHOICE = "choice"
    GCP_FIREWALL_RULES = "gcp_firewall_rules"
    AZURE_RULES = "azure_rules"
