"""Lets ``python -m simulators`` do what the command ``simulators`` does."""

from simulators.cli import main

main()
