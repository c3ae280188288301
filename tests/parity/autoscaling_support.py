"""Application Auto Scaling on a SageMaker in this process, with alarms and metrics in dictionaries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from blazingtext_sandbox.autoscaling.endpoint_variants import EndpointVariants, ScalableTargets
from blazingtext_sandbox.autoscaling.scaler import Scaler
from blazingtext_sandbox.autoscaling.service import ApplicationAutoScaling, model
from tests.parity.sagemaker_support import Sage
from tests.parity.support import assert_is_answer

RESOURCE = "endpoint/e/variant/AllTraffic"
PLACE = {"ServiceNamespace": "sagemaker", "ResourceId": RESOURCE, "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
TRACKING = {"TargetValue": 100.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}}


@dataclass
class FakeCloudWatch:
    """Alarms by name, and the value that every metric has now."""

    alarms: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    now: float | None = None
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def put_alarm(self, name: str, alarm: Mapping[str, Any]) -> None:
        self.alarms[name] = dict(alarm)

    def delete_alarm(self, name: str) -> None:
        del self.alarms[name]

    def alarm_arn(self, name: str) -> str:
        return f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"

    def set_state(self, name: str, state: str, _reason: str) -> None:
        self.states[name] = state

    def value(self, metric: Mapping[str, Any], begin: float, end: float) -> float | None:
        self.asked.append(metric)
        return self.now if self.now is None else self.now * (end - begin) / 60


@dataclass
class FakeRole:
    """The service's own role."""

    arn: str | None = None

    def find(self) -> str | None:
        return self.arn

    def make(self) -> str:
        self.arn = "arn:aws:iam::000000000000:role/of-the-service"
        return self.arn


@dataclass
class Scaled:
    """The service, and what is around it."""

    sage: Sage
    cloudwatch: FakeCloudWatch
    role: FakeRole
    service: ApplicationAutoScaling

    @classmethod
    def make(cls, sage: Sage, clock: float = 60.0) -> "Scaled":
        cloudwatch, role, variants = FakeCloudWatch(), FakeRole(), EndpointVariants(sage.service)
        scaler = Scaler(sage.cloud, variants, cloudwatch, lambda: clock)
        service = ApplicationAutoScaling(sage.cloud, variants, cloudwatch, role, scaler)
        sage.service.endpoints.scaling = ScalableTargets(service)
        return cls(sage, cloudwatch, role, service)

    def ask(self, operation: str, parameters: dict[str, Any]) -> Any:
        """What it answers."""
        answer = self.service.call(operation, parameters)
        assert_is_answer(model().operation_model(operation), answer)
        return answer

    def call(self, operation: str, **parameters: Any) -> Any:
        return self.ask(operation, {**PLACE, **parameters})

    def list_(self, operation: str, **parameters: Any) -> Any:
        return self.ask(operation, {"ServiceNamespace": "sagemaker", **parameters})

    def register(self, low: int = 1, high: int = 4, **others: Any) -> Any:
        return self.call("RegisterScalableTarget", MinCapacity=low, MaxCapacity=high, **others)

    def track(self, name: str = "p", **changes: Any) -> Any:
        configuration = {**TRACKING, **changes}
        wanted = {"PolicyName": name, "PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": configuration}
        return self.call("PutScalingPolicy", **wanted)

    def pass_periods(self, load: float | None, count: int, name: str = "p") -> None:
        """So many periods under a load, at once, as the service's own thread would see them."""
        self.cloudwatch.now = load
        for number in range(count):
            self.service.scaler.look(self.service.store, self.service.store.policies[RESOURCE, name], number, number + 1.0)

    def instances(self) -> int:
        (variant,) = self.sage.stable()["ProductionVariants"]
        return int(variant["CurrentInstanceCount"])

    def activities(self) -> list[Any]:
        return list(self.list_("DescribeScalingActivities")["ScalingActivities"])
