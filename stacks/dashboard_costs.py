"""What a stage has cost, on its dashboard: minutes of instances, as their metrics count them, at the dated prices of the region."""

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
import aws_cdk.aws_cloudwatch as cloudwatch
from constructs import Construct

from blazingtext_lifecycle import costs, images, naming

_MINUTE, _DAYS = 60, 30


@dataclass(frozen=True)
class Instances:
    """The instances of a stage.

    Attributes:
        training: the type of its training jobs, unless a request says otherwise.
        endpoint: the type of its endpoint.
        region: where, or ``""`` when that is known at deployment only.
        shadow: whether a shadow may be beside the endpoint's, on the same type.
    """

    training: str
    endpoint: str
    region: str
    shadow: bool = False


def cost_widget(scope: Construct, stage: str, instances: Instances, search: str) -> cloudwatch.IWidget:
    """US dollars of the last 30 days.

    An instance has one data point a minute (https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html gives the
    minute; that each instance counts for itself was not tried on AWS). Jobs count as if on the stage's own type, spot as on demand; no
    volumes, no data transfer, no taxes. A region without a known price counts nothing, and the title says so.

    Args:
        scope: where the mapping of prices goes, when the region is not known.
        stage: whose.
        instances: what they are.
        search: the expression that finds the data points of jobs, one line each.
    """
    endpoint, training, dates = _prices(scope, instances)
    hosting = {"minutes": _minutes(stage, naming.VARIANT)}
    if instances.shadow:
        hosting["shadow"] = _minutes(stage, naming.SHADOW_VARIANT)
    # A shadow is seldom there, and then has no data points.
    counted = "(minutes + FILL(shadow, 0))" if instances.shadow else "minutes"
    return cloudwatch.SingleValueWidget(
        title=f"Costs of {_DAYS} days, in US dollars ({dates})",
        metrics=[
            _dollars("endpoint", f"{counted} / 60 * {endpoint}", hosting),
            _dollars("training", f"SUM({search}) / 60 * {training}", {}),
        ],
        set_period_to_time_range=True,
        start=f"-P{_DAYS}D",
        width=24,
        height=4,
    )


def _minutes(stage: str, variant: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="/aws/sagemaker/Endpoints",
        metric_name="CPUUtilization",
        dimensions_map={"EndpointName": naming.endpoint(stage), "VariantName": variant},
        statistic="SampleCount",
        period=cdk.Duration.seconds(_MINUTE),
    )


def _dollars(label: str, expression: str, metrics: Mapping[str, cloudwatch.IMetric]) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(expression=expression, using_metrics=dict(metrics), label=label, period=cdk.Duration.seconds(_MINUTE))


def _prices(scope: Construct, instances: Instances) -> tuple[str, str, str]:
    """Dollars an hour of an endpoint's and of a job's instance, and of when they are: without a region, to be looked up at deployment."""
    if instances.region:
        row = _row(instances, instances.region)
        return row["endpoint"], row["training"], row["dates"]
    rows = {region: _row(instances, region) for region in images.supported_regions()}
    prices = cdk.CfnMapping(scope, "Prices", mapping=rows)
    return (
        prices.find_in_map(cdk.Aws.REGION, "endpoint"),
        prices.find_in_map(cdk.Aws.REGION, "training"),
        prices.find_in_map(cdk.Aws.REGION, "dates"),
    )


def _row(instances: Instances, region: str) -> dict[str, str]:
    endpoint = costs.of_endpoint(instances.endpoint, 1, region)
    training = costs.of_training(instances.training, 1, region)
    missing = [f"{each.instance_type}: not known" for each in (endpoint, training) if each.dollars is None]
    dated = sorted({each.date for each in (endpoint, training) if each.date})
    return {
        "endpoint": f"{endpoint.dollars or 0:g}",
        "training": f"{training.dollars or 0:g}",
        "dates": ", ".join([*(f"prices of {date}" for date in dated), *dict.fromkeys(missing)]),
    }
