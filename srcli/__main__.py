"""``python -m srcli``."""

from srcli.cli.app import main

main()
