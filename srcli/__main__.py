"""``srcli``, and ``python -m srcli``."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line; an interruption while it is still being loaded is no bug."""
    try:
        from srcli.cli.app import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
