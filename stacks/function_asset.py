"""The code of all functions, as one asset: the handlers of lambda/ at its root, and beside them the vocabulary they import."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import aws_cdk as cdk
import aws_cdk.aws_lambda as lambda_
from constructs import Construct

HANDLERS = "blazingtext_functions"
VOCABULARY = "blazingtext_lifecycle"


def function_code(scope: Construct) -> lambda_.Code:
    """What AWS unpacks at /var/task, laid out in the cloud assembly: the same from this repository and from an installed wheel."""
    code = Path(cdk.Stage.of(scope).asset_outdir) / "functions"
    # The CDK leaves what an earlier synthesis wrote there.
    shutil.rmtree(code, ignore_errors=True)
    lay_out(code)
    return lambda_.Code.from_asset(str(code))


def lay_out(target: Path) -> None:
    """Copies modules and nothing else, so that neither bytecode nor notes change what is deployed."""
    for package, place in ((HANDLERS, target), (VOCABULARY, target / VOCABULARY)):
        place.mkdir(parents=True)
        for module in sorted(_folder(package).glob("*.py")):
            shutil.copyfile(module, place / module.name)


def _folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    places = [Path(place) for place in (found.submodule_search_locations or ())] if found else []
    return next(place for place in places if place.is_dir())
