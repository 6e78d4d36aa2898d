"""The sandbox over HTTP, for commands that ask a provider: `python -m bench.serving ROWS`.

Prints its address and serves until its standard input ends.
"""

import sys

from sandbox import Sandbox

if __name__ == "__main__":
    with Sandbox(rows=int(sys.argv[1]), seed=1).serve() as address:
        print(address, flush=True)
        sys.stdin.read()
