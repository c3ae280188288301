"""What jobs and endpoints cost, by the dated price list of their region. Pure.

Figures are instance hours on demand: no volumes, no data transfer, no taxes, no discounts. A spot job costs less, at a price that nobody
knows before, so its figure is that of an on-demand job, which it never exceeds.
"""

from dataclasses import dataclass

from .instance_prices import LISTS

HOURS_PER_MONTH = 730
# What stands for the type of instances of an endpoint that has none. Its price goes by requests, and is in none of the lists.
SERVERLESS = "serverless"
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class HourlyPrice:
    """What an hour of some instances costs.

    Attributes:
        instance_type: of the instances.
        instance_count: how many of them.
        region: where.
        dollars: US dollars an hour for all of them; None when no price is known.
        date: the day, or month, of the price; ``""`` when none is known.
        source: where the price was read; likewise.
    """

    instance_type: str
    instance_count: int
    region: str
    dollars: float | None
    date: str
    source: str

    def for_seconds(self, seconds: float) -> float | None:
        """US dollars for a time, billed by the second; None when no price is known."""
        return None if self.dollars is None else self.dollars * seconds / _SECONDS_PER_HOUR

    def for_hours(self, hours: float) -> float | None:
        """US dollars for some hours; None when no price is known."""
        return None if self.dollars is None else self.dollars * hours


def of_training(instance_type: str, instance_count: int, region: str) -> HourlyPrice:
    """What an hour of a training job costs."""
    return _price(instance_type, instance_count, region, hosting=False)


def of_transform(instance_type: str, instance_count: int, region: str) -> HourlyPrice:
    """What an hour of a transform job costs.

    The lists have no column for it: https://aws.amazon.com/sagemaker/pricing/ shows the same prices for training jobs and batch transform.
    """
    return _price(instance_type, instance_count, region, hosting=False)


def of_processing(instance_type: str, instance_count: int, region: str) -> HourlyPrice:
    """What an hour of a processing job costs; of the price the same holds as of a transform job's."""
    return _price(instance_type, instance_count, region, hosting=False)


def of_endpoint(instance_type: str, instance_count: int, region: str) -> HourlyPrice:
    """What an hour of a real-time endpoint costs."""
    return _price(instance_type, instance_count, region, hosting=True)


def _price(instance_type: str, instance_count: int, region: str, *, hosting: bool) -> HourlyPrice:
    found = LISTS.get(region)
    prices = {} if found is None else found.hosting if hosting else found.training
    if found is None or instance_type not in prices:
        return HourlyPrice(instance_type, instance_count, region, None, "", "")
    return HourlyPrice(instance_type, instance_count, region, prices[instance_type] * instance_count, found.date, found.source)


def dollars(amount: float) -> str:
    """An amount as people read it: cents from a dollar on, and as many digits as tell it from nothing below."""
    if amount == 0 or amount >= 0.995:
        return f"${amount:,.2f}"
    return f"${amount:.3f}" if amount >= 0.001 else "less than $0.001"
