"""A CDK app of somebody else's, with nothing of this project in it: a bucket, a queue, a topic, a function, a model package group."""

import aws_cdk as cdk
import aws_cdk.aws_lambda as lambda_
import aws_cdk.aws_s3 as s3
import aws_cdk.aws_sagemaker as sagemaker
import aws_cdk.aws_sns as sns
import aws_cdk.aws_sns_subscriptions as subscriptions
import aws_cdk.aws_sqs as sqs

app = cdk.App()
stack = cdk.Stack(app, "Foreign", stack_name="foreign-app")
bucket = s3.Bucket(stack, "Bucket", removal_policy=cdk.RemovalPolicy.DESTROY, enforce_ssl=True)
queue = sqs.Queue(stack, "Queue", enforce_ssl=True)
topic = sns.Topic(stack, "Topic")
topic.add_subscription(subscriptions.SqsSubscription(queue))
function = lambda_.Function(
    stack,
    "Function",
    runtime=lambda_.Runtime.PYTHON_3_12,
    handler="index.handler",
    code=lambda_.Code.from_inline("def handler(event, context):\n    return {'words': event['words'][::-1]}\n"),
)
bucket.grant_read(function)
sagemaker.CfnModelPackageGroup(stack, "Models", model_package_group_name="foreign-models")
cdk.CfnOutput(stack, "FunctionName", value=function.function_name)
cdk.CfnOutput(stack, "BucketName", value=bucket.bucket_name)
app.synth()
