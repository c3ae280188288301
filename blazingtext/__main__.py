"""`python -m blazingtext` is the command line."""

from .cli.main import main

main()
