"""What `preflight` has IAM simulate."""

import pytest

from blazingtext.preflight.plan import Plan
from tests.unit.blazingtext.test_preflight import USER, Account

HERE = "us-east-1:123456789012"
ROLES = "arn:aws:iam::123456789012:role"
MINE = "blazingtext-dev-preflight"
# Of the Service Authorization Reference: actions by the resources that they are asked for.
NEEDED = {
    f"{ROLES}/cdk-blzgtxt-deploy-role-123456789012-us-east-1": ["sts:AssumeRole"],
    f"arn:aws:cloudformation:{HERE}:stack/blazingtext-dev-serving/preflight": ["cloudformation:DescribeStacks"],
    f"arn:aws:s3:::{MINE}": ["s3:ListBucket"],
    f"arn:aws:s3:::{MINE}/corpora/preflight": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
    f"arn:aws:s3:::{MINE}/runs/preflight": ["s3:GetObject"],
    f"arn:aws:lambda:{HERE}:function:{MINE}": ["lambda:InvokeFunction"],
    f"arn:aws:sagemaker:{HERE}:training-job/{MINE}": ["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"],
    f"arn:aws:sagemaker:{HERE}:endpoint/blazingtext-dev": ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"],
    f"arn:aws:states:{HERE}:stateMachine:blazingtext-dev-serving-update": ["states:StartExecution"],
    f"arn:aws:logs:{HERE}:log-group:/aws/sagemaker/TrainingJobs:log-stream:{MINE}": ["logs:GetLogEvents"],
    "*": ["sagemaker:ListTrainingJobs"],
}
CREATED = {
    f"arn:aws:s3:::{MINE}": ["s3:CreateBucket"],
    f"{ROLES}/{MINE}": ["iam:CreateRole"],
    f"arn:aws:lambda:{HERE}:function:{MINE}": ["lambda:CreateFunction"],
    f"arn:aws:logs:{HERE}:log-group:/aws/sagemaker/Endpoints/blazingtext-dev": ["logs:CreateLogGroup"],
    f"arn:aws:sqs:{HERE}:{MINE}": ["sqs:CreateQueue"],
    f"arn:aws:sns:{HERE}:{MINE}": ["sns:CreateTopic"],
    f"arn:aws:events:{HERE}:rule/{MINE}": ["events:PutRule"],
    f"arn:aws:cloudwatch:{HERE}:alarm:{MINE}": ["cloudwatch:PutMetricAlarm"],
    f"arn:aws:states:{HERE}:stateMachine:blazingtext-dev-serving-update": ["states:CreateStateMachine"],
    f"arn:aws:sagemaker:{HERE}:endpoint/blazingtext-dev": ["sagemaker:CreateEndpoint"],
}


@pytest.mark.parametrize(
    ("plan", "more"), [(Plan(), {}), (Plan(endpoint_maximum=2), {"*": ["application-autoscaling:DescribeScalableTargets"]})]
)
def test_these_actions_on_these_resources_are_simulated_for_who_deploys_and_for_cloudformation(
    plan: Plan, more: dict[str, list[str]]
) -> None:
    account = Account()

    account.look(plan)

    asked: dict[str, dict[str, list[str]]] = {}
    for name, wish in account.iam.calls:
        if name == "simulate_principal_policy":
            (resource,) = wish["ResourceArns"]
            asked.setdefault(wish["PolicySourceArn"], {})[resource] = wish["ActionNames"]
    assert asked == {USER: NEEDED, f"{ROLES}/path/cdk-blzgtxt-cfn-exec-role-123456789012-us-east-1": CREATED | more}
