"""A CloudWatch dashboard of one stage: quality and load of its trainings, its endpoint, its functions and queues."""

from collections.abc import Sequence

import aws_cdk as cdk
import aws_cdk.aws_cloudwatch as cloudwatch
import aws_cdk.aws_lambda as lambda_
import aws_cdk.aws_sqs as sqs
from constructs import Construct

from blazingtext_lifecycle import naming

from .dashboard_costs import Instances, cost_widget

_PERIOD = cdk.Duration.minutes(5)
_TRAINING, _ENDPOINTS = "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/Endpoints"
# A line that BlazingText ends every training with; the metrics that SageMaker has preset for it do not hold its value.
_THROUGHPUT = "Average throughput in Million words/sec"
_HALF = 12
_ERRORS = ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
_COPIES = ("Invocations", *_ERRORS)


class Dashboard(Construct):
    """One page, named as the endpoint is. It is read by people only: nothing depends on it.

    Runs come and go, so their metrics are searched for by the beginning of their names
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html).
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: str,
        instances: Instances,
        functions: Sequence[lambda_.IFunction],
        queue: sqs.IQueue,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id_)
        page = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=naming.endpoint(stage), default_interval=cdk.Duration.days(7))
        page.add_widgets(cost_widget(self, stage, instances, _search(stage, "Host", "CPUUtilization", "SampleCount", 60)))
        page.add_widgets(*_quality(stage))
        page.add_widgets(*_training(stage))
        page.add_widgets(*_endpoint(naming.endpoint(stage)))
        if instances.shadow:
            page.add_widgets(*_shadow(naming.endpoint(stage)))
        page.add_widgets(*_delivery(functions, queue, dead_letters))


def _quality(stage: str) -> tuple[cloudwatch.IWidget, ...]:
    return (
        _graph("Quality of runs: WordSim-353", _found(stage, "TrainingJobName", "train:mean_rho", "Maximum")),
        _graph("Quality of runs: validation accuracy", _found(stage, "TrainingJobName", "validation:accuracy", "Maximum")),
    )


def _training(stage: str) -> tuple[cloudwatch.IWidget, ...]:
    throughput = cloudwatch.LogQueryWidget(
        title="Throughput of runs, in million words a second",
        log_group_names=[naming.TRAINING_LOG_GROUP],
        query_lines=[
            f"filter @logStream like /^{naming.job_prefix(stage)}/ and @message like '{_THROUGHPUT}'",
            f"parse @message '{_THROUGHPUT}: *' as throughput",
            "sort @timestamp desc",
            "display @timestamp, @logStream, throughput",
        ],
        view=cloudwatch.LogQueryVisualizationType.TABLE,
        width=_HALF,
    )
    load = _graph(
        "Load of training instances, in percent of one processor and of memory",
        _found(stage, "Host", "CPUUtilization", "Average"),
        _found(stage, "Host", "MemoryUtilization", "Average"),
    )
    return throughput, load


def _endpoint(name: str) -> tuple[cloudwatch.IWidget, ...]:
    return (
        _graph("Invocations of the endpoint", _of_endpoint(name, "Invocations", "Sum")),
        _graph("Errors of the endpoint", *(_of_endpoint(name, metric, "Sum") for metric in _ERRORS)),
        _graph(
            "Latency of the model, in microseconds",
            *(_of_endpoint(name, "ModelLatency", statistic) for statistic in ("p50", "p90", "p99")),
        ),
        _graph(
            "Load of the endpoint's instances, in percent",
            *(_of_endpoint(name, metric, "Average", _ENDPOINTS) for metric in ("CPUUtilization", "MemoryUtilization")),
        ),
    )


def _shadow(name: str) -> tuple[cloudwatch.IWidget, ...]:
    """What a run that is tried beside the live model gets and does; the live model's figures are above."""
    variant = naming.SHADOW_VARIANT
    return (
        _graph("Copies to the shadow, and its errors", *(_of_endpoint(name, metric, "Sum", variant=variant) for metric in _COPIES)),
        _graph(
            "Latency of the shadow, in microseconds",
            *(_of_endpoint(name, "ModelLatency", statistic, variant=variant) for statistic in ("p50", "p90", "p99")),
        ),
    )


def _delivery(functions: Sequence[lambda_.IFunction], queue: sqs.IQueue, dead_letters: sqs.IQueue) -> tuple[cloudwatch.IWidget, ...]:
    return (
        _graph("Errors of the functions", *(function.metric_errors(period=_PERIOD) for function in functions)),
        _graph(
            "Ends of training jobs that wait, and dead letters",
            queue.metric_approximate_number_of_messages_visible(period=_PERIOD, label="waiting"),
            dead_letters.metric_approximate_number_of_messages_visible(period=_PERIOD, label="dead letters"),
        ),
    )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_HALF)


def _found(stage: str, dimension: str, metric: str, statistic: str) -> cloudwatch.MathExpression:
    """One line for each run of a stage: a word of the search is one between hyphens, so another stage's name does not match."""
    found = _search(stage, dimension, metric, statistic, int(_PERIOD.to_seconds()))
    return cloudwatch.MathExpression(expression=found, using_metrics={}, label="", period=_PERIOD)


def _search(stage: str, dimension: str, metric: str, statistic: str, seconds: int) -> str:
    search = f'{{{_TRAINING},{dimension}}} MetricName="{metric}" {dimension}=({naming.PROJECT} AND {stage})'
    return f"SEARCH('{search}', '{statistic}', {seconds})"


def _of_endpoint(
    name: str, metric: str, statistic: str, namespace: str = "AWS/SageMaker", variant: str = naming.VARIANT
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=metric,
        dimensions_map={"EndpointName": name, "VariantName": variant},
        statistic=statistic,
        period=_PERIOD,
        label=f"{metric} {statistic}",
    )
