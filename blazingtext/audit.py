"""What of a stage still exists: after a destroy, the proof that nothing is left, or the list of what is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from blazingtext_lifecycle import images, naming
from blazingtext_lifecycle.errors import ConfigurationError

from . import removal
from .aws_errors import translating_aws_errors
from .cloud import Cloud
from .html_tables import table
from .leftovers import GLOBAL, REGIONAL, Finder, Leftover, Scope, contents

_REGIONS_AT_ONCE = 8


# What is told of each thing that is left.
COLUMNS = ("what", "name", "region", "", "")


@dataclass(frozen=True)
class Audit:
    """What was found.

    Attributes:
        stage: whose.
        region: the session's.
        regions: where everything was looked for.
        unseen: other regions that could not be looked at, most of them because the account has not enabled them.
        looked_at: the kinds of resources that were looked for.
        left: what exists of the stage.
        bootstrap: what `cdk bootstrap` created: shared by all stages, so not counted.
    """

    stage: str
    region: str
    regions: tuple[str, ...]
    unseen: tuple[str, ...]
    looked_at: tuple[str, ...]
    left: tuple[Leftover, ...]
    bootstrap: tuple[Leftover, ...]

    def __repr__(self) -> str:
        return f"Audit({self.stage} in {', '.join(self.regions)}: {len(self.left) or 'nothing'} left)"

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        return table(COLUMNS, self.rows(), caption=f"stage {self.stage}, {', '.join(self.regions)}: {len(self.left) or 'nothing'} left")

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """What is left, as text."""
        return [(each.kind, each.name, each.region, "bills" if each.bills else "", each.detail) for each in self.left]


def audit(cloud: Cloud, *, regions: Sequence[str] = (), on_progress: Callable[[str], None] = lambda _: None) -> Audit:
    """Everything of a stage that exists in the account.

    Args:
        cloud: the stage.
        regions: where to look; none means the session's region, and every other one that has a trace of the stage: its bucket, or a
            resource with its tags.
        on_progress: called with what is being looked for.

    Raises:
        ConfigurationError: there is no BlazingText in a region that was asked for.
        AccessDeniedError: a listing is not permitted, so the audit cannot be complete.
    """
    _check(regions)
    account = _find(Scope(cloud), GLOBAL, on_progress)
    traces, unseen = ((), ()) if regions else _traces(cloud, account, on_progress)
    places = tuple(dict.fromkeys(regions)) or (cloud.region, *traces)
    left = list(account)
    for region in places:
        found = _find(Scope(cloud.elsewhere(region)), REGIONAL, on_progress, f" in {region}")
        left += [replace(each, region=region) for each in found]
    with translating_aws_errors("look for the bootstrap"):
        bootstrap = tuple(_bootstrap(Scope(cloud)))
    told = tuple(replace(each, remove=removal.command(each, cloud.stage, cloud.region)) for each in left)
    return Audit(cloud.stage, cloud.region, places, unseen, (*REGIONAL, *GLOBAL), told, bootstrap)


def _check(regions: Sequence[str]) -> None:
    for region in regions:
        if region not in images.ACCOUNTS:
            raise ConfigurationError(
                f"There is no BlazingText in the region {region}, so nothing of a stage can be there. "
                f"Choose one of {', '.join(images.supported_regions())}."
            )


def _find(scope: Scope, finders: Mapping[str, Finder], on_progress: Callable[[str], None], where: str = "") -> list[Leftover]:
    found: list[Leftover] = []
    for kind, finder in finders.items():
        on_progress(f"looking for {kind}{where}")
        with translating_aws_errors(f"look for {kind}{where}"):
            found += finder(scope)
    return found


def _traces(cloud: Cloud, account: Sequence[Leftover], on_progress: Callable[[str], None]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The other regions of the partition with a trace of the stage, and those that could not be looked at.

    One call a region. The tag index is eventually consistent and may list what is gone, so it only says where to look.
    """
    on_progress("looking for traces in other regions")
    others = [each for each in images.partition_regions(cloud.region) if each != cloud.region]
    # A session makes clients for one thread at a time; the clients themselves may be called from several.
    clients = [cloud.elsewhere(region).client("resourcegroupstaggingapi") for region in others]
    with ThreadPoolExecutor(_REGIONS_AT_ONCE) as pool:
        tagged = dict(zip(others, pool.map(lambda client: _is_tagged(client, cloud.stage), clients), strict=True))
    buckets = {each.region for each in account}
    return (
        tuple(region for region in others if tagged[region] or region in buckets),
        tuple(region for region in others if tagged[region] is None and region not in buckets),
    )


def _is_tagged(tagging: Any, stage: str) -> bool | None:
    """Whether anything in a region has the stage's tags; None when the region does not tell."""
    filters = [{"Key": key, "Values": [value]} for key, value in naming.tags(stage).items()]
    try:
        return any(page["ResourceTagMappingList"] for page in tagging.get_paginator("get_resources").paginate(TagFilters=filters))
    except (ClientError, BotoCoreError):
        # A region that the account has not enabled accepts no credentials; an organisation may forbid others.
        return None


def _bootstrap(scope: Scope) -> Iterator[Leftover]:
    stack = scope.cloud.find_stack(naming.TOOLKIT_STACK)
    if stack:
        yield Leftover("stack", naming.TOOLKIT_STACK, detail=stack["StackStatus"], region=scope.cloud.region)
    for bucket in scope.pages("s3", "list_buckets", "Buckets"):
        if bucket["Name"].startswith(f"cdk-{naming.BOOTSTRAP_QUALIFIER}-"):
            yield Leftover(
                "bucket", bucket["Name"], bills=True, detail=contents(scope, bucket["Name"]), region=bucket.get("BucketRegion", "")
            )
