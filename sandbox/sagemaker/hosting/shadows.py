"""Shadow variants: a copy of some of an endpoint's requests goes to a second model, whose answers no caller gets.

Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/model-shadow-deployment.html,
https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-create.html (what is copied, captured, and how many variants there may be) and
https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html. The words of the refusals are the sandbox's own.

AWS does not say how the share of the copied requests follows from the weights; its example has both at 1. Here it is the shadow's weight,
divided by that of the production variant, and all of them at most. Nor does it say what becomes of copies that a shadow cannot keep up
with: here, those beyond `MOST_COPIES` at a time are left out.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from ..api.contract import Parameters
from ..api.errors import ValidationException
from ..store import EndpointConfig
from . import serverless

#: How many copies are being answered at a time; a request beyond is not copied.
MOST_COPIES: Final = 64
_EXCLUDED_INSTANCES: Final = "ml.inf1."


def check(production: Sequence[Parameters], shadows: Sequence[Parameters]) -> None:
    """Refuse a shadow that AWS does not support.

    Raises:
        ValidationException: several variants of a kind, a serverless variant, or instances that are excluded.
    """
    if not shadows:
        return
    if len(production) > 1 or len(shadows) > 1:
        raise ValidationException(
            "An endpoint configuration with ShadowProductionVariants can specify only one variant for ProductionVariants and one variant"
            " for ShadowProductionVariants."
        )
    for variant in (*production, *shadows):
        if serverless.is_serverless(variant):
            raise ValidationException(f"Shadow variants are not supported with serverless inference (variant {variant['VariantName']}).")
        if str(variant.get("InstanceType", "")).startswith(_EXCLUDED_INSTANCES):
            raise ValidationException(
                f"Shadow variants are not supported on {variant['InstanceType']} instances (variant {variant['VariantName']})."
            )


def gets_a_copy(config: EndpointConfig, answering: int) -> bool:
    """Whether the shadow gets a copy of the next request.

    Args:
        config: whose shadow; it has one.
        answering: how many copies it is answering.
    """
    if answering >= MOST_COPIES:
        return False
    (production,), (shadow,) = config.variants, config.shadows
    whole, copied = (float(variant.get("InitialVariantWeight", 1.0)) for variant in (production, shadow))
    # Of a variant without weight nothing is known that one could divide by.
    share = copied / whole if whole else 1.0
    return random.random() < share  # noqa: S311 - a sample, no secret
