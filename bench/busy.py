"""Proves all scripts while every processor is kept busy, again and again: what they print must not depend on that.

Run it: python bench/busy.py --rounds 10
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
AWAITED = Path(sys.executable).with_name("awaited")


@contextmanager
def busy_processors() -> Iterator[None]:
    """Two programs for each processor that do nothing but compute."""
    command = [sys.executable, "-c", "while True: pass"]
    programs = [subprocess.Popen(command) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def main() -> int:
    """Proves round after round; the exit status is 1 where any script contradicted its page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    failed = 0
    with busy_processors():
        for number in range(1, rounds + 1):
            print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
            done = subprocess.run(
                [AWAITED, "prove", "--fresh", str(ROOT)], check=False, text=True, stdout=subprocess.PIPE
            )
            if done.returncode:
                failed += 1
                print(done.stdout[done.stdout.find("\n\n") :], flush=True)
    print(f"{rounds - failed} of {rounds} rounds without a difference")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
