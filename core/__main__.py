"""`python -m core` is the command `sentralbord`."""

from core.cli import main

main()
