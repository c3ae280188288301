"""The one way into ministack, and the list of every internal name used: nothing else imports ministack.

Internals change without notice, so the version is pinned exactly, and `check_names` refuses to start when a name is gone.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]

MINISTACK_VERSION: Final = "1.5.33"

# Every name of ministack used here and in sandbox/patches, by module; checked at the start.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "app": ("app", "SERVICE_HANDLERS", "_EXECUTE_API_RE", "_MINISTACK_HOST", "_collect_scripts"),
    "core.concurrency": ("run_reentrant",),
    "core.iam_actions": (
        "SERVICE_TO_IAM_NAMESPACE",
        "access_denied_response",
        "extract_iam_action",
        "extract_resource_arn",
        "identity_denial_message",
        "request_tag_context",
    ),
    "core.iam_evaluator": (
        "AuthError",
        "EvalContext",
        "_POLICY_REQUIRED",
        "_action_matches",
        "_anonymous",
        "_evaluate_single_condition",
        "_is_root_key",
        "_principal_matches",
        "_resource_matches",
        "_resource_policy",
        "_served_unsigned",
        "combine_resource_policy",
        "enforce",
        "evaluate",
        "evaluate_resource_policy",
        "is_root_access_key",
        "parse_policy_document",
        "pin_request_origin",
        "resolve_principal",
        "validate_policy_document",
    ),
    "core.responses": ("get_account_id", "get_region", "request_scope"),
    "core.router": ("SERVICE_PATTERNS", "_is_aws_service_name", "extract_access_key_id"),
    "services.budgets": ("_create_budget", "_delete_budget", "_update_budget"),
    "services.cloudformation": ("_stacks",),
    "services.cloudformation.changesets": ("_add_event", "_evaluate_conditions", "_resolve_parameters"),
    "services.cloudformation.engine": ("_evaluate_conditions", "_resolve_parameters", "_resolve_refs"),
    "services.cloudformation.handlers": (
        "_ACTION_HANDLERS",
        "_add_event",
        "_delete_stack_async",
        "_error",
        "_evaluate_conditions",
        "_resolve_parameters",
        "_resolve_stack",
    ),
    "services.cloudformation.provisioners": (
        "_CUSTOM_NAME_REPLACEMENT",
        "_NAME_SEED",
        "_REPLACING_PROPERTIES",
        "_RESOURCE_HANDLERS",
        "_STACK_TAG_PROPERTY",
        "_cw_metric_alarm_record",
        "_cwlogs_create",
        "_delete_resource",
        "_physical_name",
        "_provision_resource",
        "_replacing_change",
        "_update_resource",
    ),
    "services.cloudformation.stacks": (
        "CLIENT_REQUEST_TOKEN",
        "_add_event",
        "_delete_resource",
        "_delete_stack_async",
        "_evaluate_conditions",
        "_provision_resource",
        "_runs_on_worker_thread",
        "_update_resource",
        "_with_dependencies",
    ),
    "services.cloudwatch": (
        "_alarms",
        "_calc_stats",
        "_dispatch_alarm_actions",
        "_error",
        "_evaluate_alarm",
        "_evaluate_all_alarms",
        "_evaluate_parent_alarms",
        "_metrics",
        "_put_metric_alarm",
        "_record_history",
        "_resource_tags",
        "_stat_value",
        "_store_datum",
        "_validate_alarm_tag_arn",
        "cloudformation_delete_metric_alarm",
        "cloudformation_put_metric_alarm",
    ),
    "services.cloudwatch_logs": (
        "_compile_filter_pattern",
        "_event_timestamp",
        "_filter_log_events",
        "_log_events_lock",
        "_log_groups",
        "_resolve_log_group_name",
        "error_response_json",
        "json_response",
        "resolve_tag_resource",
    ),
    "services.eventbridge": (
        "_cron_next_fire",
        "_dispatch_event",
        "_dispatch_to_lambda",
        "_invoke_target",
        "_parse_cron_fields",
        "_parse_rate_seconds",
    ),
    "services.iam": (
        "_IAM_HANDLERS",
        "_aws_managed_attachment_counts",
        "_aws_managed_policies",
        "_boundary_usage_counts",
        "_error",
        "_group_inline_policies",
        "_groups",
        "_is_aws_managed_arn",
        "_lookup_policy",
        "_make_aws_managed_record",
        "_managed_policy_xml",
        "_p",
        "_policies",
        "_policy_exists",
        "_roles",
        "_user_inline_policies",
        "_users",
        "_xml",
    ),
    "services.lambda_svc": (
        "_execute_function_warm",
        "_execution_record_for_config",
        "_functions",
        "_get_func_record_for_ref",
        "invoke_async_with_retry",
    ),
    "services.kms": ("_resolve_key",),
    "services.s3": (
        "_bucket_default_sse_headers",
        "_bucket_encryption",
        "_bucket_has_versions",
        "_bucket_lifecycle",
        "_bucket_logging_config",
        "_bucket_tags",
        "_buckets",
        "_list_multipart_uploads",
        "_list_object_versions",
        "_put_bucket_encryption",
        "_put_bucket_lifecycle",
        "_put_bucket_logging",
        "_qp",
        "_resolve_sse_write_headers",
        "_xml_body",
    ),
    "services.scheduler": ("_create_schedule", "_delete_schedule", "_schedules", "_to_epoch", "_update_schedule", "start_scheduler"),
    "services.sns": ("_topic_by_arn_any_scope", "topic_policy_allows"),
    "services.sqs": (
        "_Err",
        "_HANDLERS",
        "_INVALID_SQS_CHARS_RE",
        "_act_send_message",
        "_get_q",
        "_queue_by_arn",
        "_queues",
        "esm_wake",
        "queue_policy_allows",
    ),
    "services.tagging": ("_COLLECTORS", "_REMOVERS", "_ResourceNotFound", "_WRITERS", "resource_tags"),
    "services.stepfunctions": (
        "_AWS_SDK_ERROR_PREFIX",
        "_ExecutionError",
        "_create_state_machine",
        "_executions",
        "_invoke_aws_sdk_integration",
        "_resolve_state_machine_arn",
        "_run_execution",
        "_sdk_json_param_value",
        "_sdk_json_value",
        "_start_execution",
        "_state_machines",
        "_tags",
        "_update_state_machine",
        "error_response_json",
        "json_response",
    ),
    "services.sts": ("_evict_expired_sessions", "_sessions", "is_root_access_key", "register_session"),
}


class IncompatibleMinistackError(Exception):
    """The installed ministack is not the version the sandbox was written for."""


def internal(name: str) -> Any:
    """A module of ministack by its short name, imported on first use; ministack is untyped, so it is Any."""
    return importlib.import_module(f"ministack.{name}")


def application() -> Any:
    """Ministack as an ASGI application."""
    return internal("app").app


def check_names() -> None:
    """Refuse a ministack other than the pinned one, or one whose names are not the ones used here.

    Raises:
        IncompatibleMinistackError: with the version found and every missing name.
    """
    found = importlib.metadata.version("ministack")
    missing = [f"ministack.{module}.{name}" for module, names in NAMES.items() for name in names if not hasattr(internal(module), name)]
    if found == MINISTACK_VERSION and not missing:
        return
    gone = f" These names are gone: {', '.join(missing)}." if missing else ""
    raise IncompatibleMinistackError(
        f"The sandbox cannot use ministack {found}. It reaches into internals of exactly {MINISTACK_VERSION}.{gone}"
        f" Install ministack=={MINISTACK_VERSION}, or port sandbox/emulator and sandbox/patches to the new version."
    )
