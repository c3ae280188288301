"""The tables of sandbox/sagemaker/README.md, from the one list of what is emulated; `make conformance` writes them."""

import json
import re
from pathlib import Path

from blazingtext_sandbox.sagemaker.api import coverage, inactive

README = Path(__file__).parents[2] / "sandbox" / "sagemaker" / "README.md"
BETWEEN = re.compile(r"(?<=<!-- tables -->\n).*?(?=<!-- end of tables -->)", re.DOTALL)


def tables() -> str:
    """What is emulated, what is taken and changes nothing, and what is taken only in part."""
    emulated = [f"| `{operation}` | {' '.join(f'`{path}`' for path in paths)} |" for operation, paths in coverage.OPERATIONS.items()]
    changing_nothing = [
        f"| `{operation}` | `{path}` | {reason} |" for operation, members in inactive.INACTIVE.items() for path, reason in members.items()
    ]
    only = [f"| `{name}` | {' or '.join(f'`{json.dumps(value)}`' for value in values)} |" for name, values in coverage.ONLY.items()]
    return "\n".join(
        [
            "\n| operation | members |",
            "|---|---|",
            *emulated,
            "\nInactive members: AWS takes them, and they change nothing that can be seen here. They are checked, kept and shown by",
            "Describe; a structure stands for everything in it.",
            "\n| operation | member | why it changes nothing |",
            "|---|---|---|",
            *changing_nothing,
            f"\nLists that are checked and always empty, for want of what they list: {', '.join(f'`{name}`' for name in coverage.EMPTY)}.",
            "\nMembers of which AWS takes more values than the sandbox:",
            "\n| operation and member | values |",
            "|---|---|",
            *only,
            "",
            "",
        ]
    )


if __name__ == "__main__":
    README.write_text(BETWEEN.sub(lambda _: tables(), README.read_text("utf-8")), "utf-8")
