"""Scalable targets, policies and activities as Application Auto Scaling's Describe operations show them; times in seconds since 1970."""

from __future__ import annotations

import datetime as dt

from .record import DIMENSION, NAMESPACE, Activity, Parameters, ScalableTarget, ScalingPolicy
from .surroundings import CloudWatch

_DIRECTIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


def of_target(target: ScalableTarget) -> Parameters:
    """A scalable target."""
    return {
        **_of_resource(target.resource_id),
        "MinCapacity": target.minimum,
        "MaxCapacity": target.maximum,
        "RoleARN": target.role_arn,
        "CreationTime": _seconds(target.created),
        "SuspendedState": {direction: bool(target.suspended.get(direction)) for direction in _DIRECTIONS},
        "ScalableTargetARN": target.arn,
    }


def of_policy(policy: ScalingPolicy, cloudwatch: CloudWatch) -> Parameters:
    """A scaling policy."""
    return {
        **_of_resource(policy.resource_id),
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": policy.configuration,
        "Alarms": alarms(policy, cloudwatch),
        "CreationTime": _seconds(policy.created),
    }


def alarms(policy: ScalingPolicy, cloudwatch: CloudWatch) -> list[Parameters]:
    """The alarms of a policy."""
    return [{"AlarmName": name, "AlarmARN": cloudwatch.alarm_arn(name)} for name in policy.alarms]


def of_activity(activity: Activity) -> Parameters:
    """A scaling activity."""
    ended = {} if activity.ended is None else {"EndTime": _seconds(activity.ended)}
    return {
        **_of_resource(activity.resource_id),
        "ActivityId": activity.id,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": _seconds(activity.started),
        "StatusCode": activity.status,
        **({"StatusMessage": activity.message} if activity.message else {}),
        **ended,
    }


def _of_resource(resource_id: str) -> Parameters:
    return {"ServiceNamespace": NAMESPACE, "ResourceId": resource_id, "ScalableDimension": DIMENSION}


def _seconds(moment: dt.datetime) -> float:
    return round(moment.timestamp(), 3)
