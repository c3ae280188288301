import pytest

from blazingtext_lifecycle import availability, images
from blazingtext_lifecycle.errors import ConfigurationError
from blazingtext_lifecycle.instance_regions import HOSTING
from tests.tools import instance_regions

M4 = (
    "ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-west-1 eu-west-2 "
    "sa-east-1 us-east-1 us-east-2 us-gov-west-1 us-west-1 us-west-2"
)


def test_the_table_is_the_price_list_of_cfn_lint() -> None:
    assert instance_regions.TARGET.read_text(encoding="utf-8") == instance_regions.module(), "python -m tests.tools.instance_regions"


def test_the_regions_without_sagemakers_resource_types_are_those_of_the_registry() -> None:
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    types = {f"AWS::SageMaker::{name}" for name in ("Model", "EndpointConfig", "Endpoint")}
    lacking = [region for region in sorted(HOSTING["ml.m5.xlarge"]) if not types <= set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))]

    assert tuple(lacking) == availability.WITHOUT_CLOUDFORMATION_TYPES


def test_the_type_that_messages_name_hosts_wherever_anything_does() -> None:
    assert HOSTING[availability.HOSTS_EVERYWHERE] == frozenset().union(*HOSTING.values())


@pytest.mark.parametrize("region", images.supported_regions())
def test_the_default_hosts_where_aws_has_it_and_is_refused_elsewhere(region: str) -> None:
    refused = ""
    try:
        availability.check_hosting("ml.m4.xlarge", region)
    except ConfigurationError as refusal:
        refused = str(refusal)

    assert bool(refused) == (region not in M4.split() and "-iso" not in region)
    assert not refused or "ml.m5.xlarge" in refused


def test_what_the_table_does_not_know_is_not_judged() -> None:
    availability.check_hosting("ml.z9.huge", "eu-west-3")
    availability.check_hosting("ml.m4.xlarge", "us-iso-east-1")

    assert availability.training_doubt("ml.z9.huge", "eu-west-3") == ""
    assert availability.training_doubt("ml.p3.2xlarge", "") == ""


def test_the_default_of_training_is_doubted_nowhere() -> None:
    assert not [region for region in images.supported_regions() if availability.training_doubt("ml.c5.xlarge", region)]


@pytest.mark.parametrize(
    ("uri", "region"),
    [(images.image_uri("cn-north-1"), "cn-north-1"), (images.image_uri("us-iso-east-1"), "us-iso-east-1"), ("image:1", "")],
)
def test_an_image_tells_its_region(uri: str, region: str) -> None:
    assert images.region_of(uri) == region
