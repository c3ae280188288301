"""`python -m blazingtext_sandbox`: the command line."""

import sys

from .cli import main

if __name__ == "__main__":
    stdout = sys.stdout
    try:
        main()
    except SystemExit:
        # click replaces stdout when its reader went away (`| head`), and ends with 1, which would be a failure.
        if sys.stdout is not stdout:
            sys.exit(0)
        raise
