import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import Any

import pytest

from blazingtext_lifecycle import images, instances
from blazingtext_lifecycle.errors import ConfigurationError


def sdk(name: str) -> dict[str, Any]:
    """A table that the SageMaker SDK itself works with."""
    return dict(json.loads(resources.files("sagemaker.core").joinpath("image_uri_config", name).read_text(encoding="utf-8")))


def test_the_table_is_the_sdks() -> None:
    version = sdk("blazingtext.json")["versions"]["1"]

    assert version["registries"] == images.ACCOUNTS
    assert version["repository"] == images.REPOSITORY
    assert len(images.ACCOUNTS) == 37


@pytest.fixture(scope="module")
def retrieve() -> Iterator[Callable[..., str]]:
    """The SDK's own look-up, which would read its tables anew for every region; the import takes seconds itself."""
    from sagemaker.core import image_uris

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image_uris, "config_for_framework", cache(image_uris.config_for_framework))
        patch.setattr(image_uris.utils, "_botocore_resolver", cache(image_uris.utils._botocore_resolver))
        yield image_uris.retrieve


@pytest.mark.parametrize("region", images.supported_regions())
def test_an_image_is_the_one_the_sdk_names(region: str, retrieve: Callable[..., str]) -> None:
    assert images.image_uri(region) == retrieve("blazingtext", region, version="1")


@pytest.mark.parametrize("region", ["ap-southeast-5", "mx-central-1", "", "us-east-9"])
def test_a_region_without_blazingtext_is_refused_with_those_that_have_it(region: str) -> None:
    with pytest.raises(ConfigurationError, match=r"no BlazingText image.*af-south-1, .*us-west-2"):
        images.image_uri(region)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("cn-north-1", ("cn-north-1", "cn-northwest-1")),
        ("cn-northwest-1", ("cn-north-1", "cn-northwest-1")),
        ("us-gov-west-1", ("us-gov-east-1", "us-gov-west-1")),
        ("us-iso-west-1", ("us-iso-east-1",)),
        ("us-isob-east-1", ("us-isob-east-1",)),
        ("us-isof-south-1", ("us-isof-east-1", "us-isof-south-1")),
    ],
)
def test_a_partition_has_its_own_regions(region: str, partition: tuple[str, ...]) -> None:
    assert images.partition_regions(region) == partition


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "mx-central-1"])
def test_the_commercial_partition_has_all_other_regions(region: str) -> None:
    found = images.partition_regions(region)

    assert len(found) == 29
    assert (found[0], found[-1]) == ("af-south-1", "us-west-2")
    assert [each for each in found if each.startswith(("cn-", "us-gov-", "us-iso"))] == []


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-east-1", "amazonaws.com"),
        ("us-gov-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("us-iso-east-1", "c2s.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov"),
        ("us-isof-south-1", "csp.hci.ic.gov"),
    ],
)
def test_services_are_found_under_the_domain_of_their_partition(region: str, suffix: str) -> None:
    assert images.dns_suffix(region) == suffix


@pytest.mark.parametrize(
    ("uri", "region"),
    [
        ("811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1", "us-east-1"),
        ("390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/blazingtext:1", "cn-north-1"),
        ("811284229777.dkr.s3.us-east-1.amazonaws.com/blazingtext:1", ""),
        ("811284229777.rpm.ecr.us-east-1.amazonaws.com/blazingtext:1", ""),
        ("docker.io/library/python:3.11", ""),
        ("python", ""),
        ("", ""),
    ],
)
def test_an_image_of_ecr_tells_its_region(uri: str, region: str) -> None:
    assert images.region_of(uri) == region


def test_gpu_counts_are_the_sdks() -> None:
    known = {name: row["Count"] for region in sdk("instance_gpu_info.json").values() for name, row in region.items()}
    # The SDK's table misspells this one.
    known["ml.g5.xlarge"] = known.pop("ml.g5n.xlarge")

    families = {"p2", "p3", "g4dn", "g5"}
    assert {name: count for name, count in known.items() if instances.family(name) in families} == instances.GPU_COUNTS


@pytest.mark.parametrize(
    ("name", "valid", "gpu"),
    [
        ("ml.c5.xlarge", True, False),
        ("ml.m4.xlarge", True, False),
        ("ml.p3.2xlarge", True, True),
        ("ml.g4dn.xlarge", True, True),
        ("ml.p4d.24xlarge", True, True),
        ("ml.inf1.xlarge", True, False),
        ("ml.g4dn.metal", True, True),
        ("c5.xlarge", False, False),
        ("ml.ml.c5.xlarge", False, False),
        ("p3.2xlarge", False, False),
        ("", False, False),
    ],
)
def test_instance_types_are_known_by_their_shape(name: str, valid: bool, gpu: bool) -> None:
    assert instances.is_instance_type(name) is valid
    assert instances.is_gpu(name) is gpu


@pytest.mark.parametrize(
    ("name", "family", "gpus", "own_disk"),
    [
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html (instances with a local disk).
        ("ml.p4d.24xlarge", "p4d", None, True),
        ("ml.p3dn.24xlarge", "p3dn", None, True),
        ("ml.g4dn.12xlarge", "g4dn", 4, True),
        ("ml.g5.48xlarge", "g5", 8, True),
        ("ml.p3.16xlarge", "p3", 8, False),
        ("ml.p2.xlarge", "p2", 1, False),
        ("ml.c5.xlarge", "c5", 0, False),
        ("ml.c5n.18xlarge", "c5n", 0, False),
        ("ml.trn1.2xlarge", "trn1", 0, False),
        ("c5.xlarge", "", 0, False),
    ],
)
def test_an_instance_type_tells_its_family_its_gpus_and_its_disk(name: str, family: str, gpus: int | None, own_disk: bool) -> None:
    assert (instances.family(name), instances.gpu_count(name), instances.has_local_disk(name)) == (family, gpus, own_disk)
