"""The code of all functions, as one asset: the handlers at its root, and beside them the package that they import."""

import importlib.util
import shutil
from pathlib import Path

import aws_cdk as cdk
import aws_cdk.aws_lambda as lambda_
from constructs import Construct

HANDLERS = "blazingtext_functions"
LIFECYCLE = "blazingtext_lifecycle"


def function_code(scope: Construct) -> lambda_.Code:
    """What Lambda unpacks at /var/task, laid out in the cloud assembly: the same from this repository and from an installed wheel."""
    stage = cdk.Stage.of(scope)
    assert stage is not None  # noqa: S101 - a stack without an app gets one from the CDK
    # Absolute: the CDK resolves paths in a process of its own, which does not follow this one's os.chdir.
    folder = Path(stage.asset_outdir).resolve() / "functions"
    # Whatever an earlier synthesis left there would be deployed too.
    shutil.rmtree(folder, ignore_errors=True)
    copy_modules(HANDLERS, folder)
    copy_modules(LIFECYCLE, folder / LIFECYCLE)
    return lambda_.Code.from_asset(str(folder))


def copy_modules(package: str, target: Path) -> None:
    """Copies a package's modules into a new folder, and nothing else: bytecode or notes would change the asset's hash.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    target.mkdir(parents=True)
    for module in sorted(_folder(package).glob("*.py")):
        shutil.copyfile(module, target / module.name)


def _folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    for place in (found and found.submodule_search_locations) or ():
        # An editable install lists a placeholder beside the folder.
        if Path(place).is_dir():
            return Path(place)
    raise ModuleNotFoundError(f"The functions' code was not found: there is no package {package}. Install blazingtext-cdk again.")
