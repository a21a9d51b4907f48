"""Compares the times in the pictures of a build of all articles with those of each article built alone.

Run it: python bench/clean.py
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from awaited.finish.replays import BEGIN  # noqa: E402
from awaited.finish.styles import FOLDER  # noqa: E402
from bench import projects  # noqa: E402

AWAITED = Path(sys.executable).with_name("awaited")
LIMIT = 0.02
"""Seconds that a lane may begin or end later, or earlier, than when its article is built alone."""


class Times(NamedTuple):
    """When a lane of a picture began and ended, in seconds."""

    picture: str
    start: float
    end: float


def pictured(site: Path) -> list[Times]:
    """Each lane of each picture of a site's articles, in their order."""
    found = []
    for page in sorted(site.glob("posts/*/index.html")):
        for name in re.findall(r'data-replays="(.*?)"', page.read_text(encoding="utf-8")):
            known = json.loads((site / FOLDER / name).read_text(encoding="utf-8").removeprefix(BEGIN))
            for run in itertools.chain.from_iterable(known.values()):
                found += [Times(f"{run['cell']} in {page.parent.name}", *lane) for lane in run["lanes"]]
    return found


def measure(say: Callable[[str], None]) -> str:
    """A section of the report: how far apart the lanes of both kinds of builds are."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        projects.whole_site(folder)
        say("all articles, cold, with proofs beside them")
        output = _build(folder)
        together = pictured(folder / "_site")
        alone = []
        for page in sorted({page.parent.name for page in folder.glob("posts/*/index.qmd")}):
            projects.whole_site(folder)
            projects.leave_alone(folder, Path("posts") / page / "index.qmd")
            say(f"{page} alone, cold")
            _build(folder, "--no-prove")
            alone += pictured(folder / "_site")
    apart = sorted(_apart(together, alone), reverse=True)
    worst, picture = apart[0]
    again = len(re.findall("running .* again", output))
    kept = sum(seconds <= LIMIT for seconds, _ in apart)
    verdict = "kept" if kept == len(apart) else "**missed**"
    return f"""## Clean runs

The lanes of all pictures, {len(apart)}, in a build of all articles with proofs beside them, and in builds of each
article alone. An article is run again, twice at most, where the machine and not its program was late: {again} times.

- {kept} of {len(apart)} begin and end within {1000 * LIMIT:.0f} ms of when they do alone ({verdict})
- the one farthest apart: {1000 * worst:.0f} ms, {picture}
"""


def _apart(together: list[Times], alone: list[Times]) -> Iterator[tuple[float, str]]:
    for one, other in zip(together, alone, strict=True):
        yield max(abs(one.start - other.start), abs(one.end - other.end)), one.picture


def _build(folder: Path, *options: str) -> str:
    command = [str(AWAITED), "build", "--engine", "smalldocs", "--fresh", *options]
    return subprocess.run(command, cwd=folder, check=True, text=True, stderr=subprocess.PIPE).stderr


if __name__ == "__main__":
    print(measure(lambda what: print(f"measuring: {what}", file=sys.stderr, flush=True)))
