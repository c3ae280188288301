"""The list of patches. Each has tests marked with its name; tests/parity/leave_one_out.py shows that they fail without it."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from . import (
    alarm_evaluation,
    alarm_warm_up,
    api_host_names,
    async_invocations,
    bucket_deletion,
    bucket_properties,
    budget_resources,
    busy_stacks,
    condition_functions,
    direct_requests,
    encrypted_targets,
    event_origin,
    execution_names,
    function_errors,
    function_payloads,
    kept_dependencies,
    kms_managed_key,
    listing_encoding,
    log_event_pages,
    log_group_names,
    log_resources,
    managed_policies,
    message_inputs,
    message_move_tasks,
    metric_math_alarms,
    metric_namespaces,
    named_resources,
    object_encryption,
    other_services,
    passed_roles,
    policy_attachment,
    policy_pages,
    policy_simulation,
    queue_metrics,
    role_boundaries,
    root_credentials,
    schedule_resources,
    schedule_targets,
    session_records,
    stack_events,
    stack_outputs,
    stack_parameters,
    stack_permissions,
    stack_roles,
    startup_scripts,
    state_machine_roles,
    state_machine_tasks,
    tagged_resources,
    target_policies,
    topic_encryption,
    unsigned_operations,
    worker_threads,
)

#: In the order they are applied. event_origin wraps what target_policies puts in place, and metric_math_alarms what
#: alarm_evaluation does, and alarm_warm_up what both do, and kept_dependencies what stack_permissions does, so they come later.
PATCHES: Final[tuple[ModuleType, ...]] = (
    root_credentials,
    unsigned_operations,
    startup_scripts,
    bucket_properties,
    bucket_deletion,
    busy_stacks,
    budget_resources,
    schedule_resources,
    schedule_targets,
    kms_managed_key,
    alarm_evaluation,
    metric_math_alarms,
    alarm_warm_up,
    queue_metrics,
    condition_functions,
    worker_threads,
    session_records,
    stack_roles,
    stack_events,
    target_policies,
    topic_encryption,
    encrypted_targets,
    event_origin,
    async_invocations,
    function_errors,
    log_resources,
    metric_namespaces,
    named_resources,
    api_host_names,
    managed_policies,
    role_boundaries,
    policy_attachment,
    policy_pages,
    policy_simulation,
    other_services,
    log_event_pages,
    log_group_names,
    stack_parameters,
    state_machine_tasks,
    state_machine_roles,
    execution_names,
    stack_permissions,
    kept_dependencies,
    stack_outputs,
    passed_roles,
    object_encryption,
    direct_requests,
    listing_encoding,
    message_move_tasks,
    message_inputs,
    function_payloads,
    tagged_resources,
)


def name_of(patch: ModuleType) -> str:
    """A patch is called by its file's name."""
    return patch.__name__.rpartition(".")[2]


def apply_all() -> None:
    """Apply every patch; once in a process, before the first request."""
    for patch in PATCHES:
        patch.apply()
