"""What the endpoint was asked and what it answered, in the stage's bucket: for a look at real requests, and for the next corpus."""

from dataclasses import dataclass

import aws_cdk.aws_iam as iam
import aws_cdk.aws_s3 as s3
import aws_cdk.aws_sagemaker as sagemaker

from blazingtext_lifecycle import naming

from .customer_key import SENDING, allow_key

# What BlazingText is asked in; what is not named here, SageMaker writes in Base64.
_JSON = ["application/json", "application/jsonlines"]


@dataclass(frozen=True)
class DataCapture:
    """How much of the endpoint's traffic is captured.

    Attributes:
        percent: of the requests, from 0 to 100; 0: nothing is captured.
        bucket: where the captured requests go, below `naming.CAPTURED`.
        key_arn: the KMS key that encrypts them; ``""``: S3's own.
    """

    percent: int
    bucket: s3.IBucket
    key_arn: str = ""

    def allow(self, role: iam.Role) -> None:
        """Lets the role of the endpoint write what is captured.

        Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
        """
        if self.percent:
            written = self.bucket.arn_for_objects(f"{naming.CAPTURED}*")
            role.add_to_policy(iam.PolicyStatement(actions=["s3:PutObject"], resources=[written]))
            allow_key(role, self.key_arn, SENDING)

    def properties(self) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None:
        """What the endpoint's configuration says of it; None when nothing is captured."""
        if not self.percent:
            return None
        return sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=self.percent,
            destination_s3_uri=f"s3://{self.bucket.bucket_name}/{naming.CAPTURED.rstrip('/')}",
            kms_key_id=self.key_arn or None,
            capture_options=[sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")],
            capture_content_type_header=sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(json_content_types=_JSON),
        )
