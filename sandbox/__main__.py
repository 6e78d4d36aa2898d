"""`python -m sandbox`: serve the sandbox until interrupted."""

from argparse import ArgumentParser
from functools import partial

from sandbox.cli import add_options, run


def main() -> None:
    """Read the command line and serve."""
    parser = ArgumentParser("sandbox", description="A local stand-in of the provider's API.")
    add_options(parser)
    options = vars(parser.parse_args())
    try:
        run(options, partial(print, flush=True))
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
