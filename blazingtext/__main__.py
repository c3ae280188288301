"""`python -m blazingtext` is the command line."""

from blazingtext.cli import main

main()
