"""The CDK app: three stacks for one stage. ``cdk`` runs it; see cdk.json."""

import os
import sys
from pathlib import Path

try:
    import aws_cdk as cdk

    from blazingtext_lifecycle.errors import ConfigurationError
    from blazingtext_stacks import stage_file
    from blazingtext_stacks.region_check import check_region
    from blazingtext_stacks.stage import build
except ModuleNotFoundError as missing:
    sys.exit(
        f"The app cannot start: {sys.executable} has no module {missing.name}. "
        "The project's own environment is not the first on PATH. Run `make deploy`, or `. .venv/bin/activate` before `cdk`."
    )


def main() -> None:
    """Synthesises the app from the stage's file and the CDK context; a wrong setting ends it with exit code 2 and a message."""
    # Usage statistics would put a resource of the CDK's own, and a condition over all regions, into each template.
    # The built-in validation takes five seconds to load at every command; the template tests run it, with cdk-nag and cfn-lint.
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    try:
        settings, warnings = stage_file.settings_of(app.node.get_all_context(), Path(__file__).parent / stage_file.FOLDER)
        # Without a region of its own, a stage goes where the command line points, which `cdk` tells the app; `build` does not know it.
        warnings += check_region(settings, "" if settings.region else os.environ.get("CDK_DEFAULT_REGION", ""))
        build(app, settings)
    except ConfigurationError as problem:
        print(problem, file=sys.stderr)
        raise SystemExit(problem.exit_code) from None
    for warning in warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    app.synth()


if __name__ == "__main__":
    main()
