"""Measures what builds cost, in one run, and writes bench/README.md.

Run it: python bench/speed.py --articles 10 100 1000
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from awaited.memory import freezer  # noqa: E402
from awaited.prove.pythons import find_pythons  # noqa: E402
from awaited.read.project import Project, load  # noqa: E402
from awaited.tangle.scripts import tangle_project  # noqa: E402
from bench import clean, live, peers, projects  # noqa: E402
from bench.measure import Cost, run  # noqa: E402

AWAITED = Path(sys.executable).with_name("awaited")
COLD, EDITED, UNCHANGED, HELP, UNCHANGED_1000, MEMORY = 1.3, 1.0, 1.0, 0.1, 10.0, 1 << 30
"""The limits: times the floor, seconds more than the floor, seconds, bytes."""
PROVEN = 1.15
"""The limit of a cold build with proofs: times the same without."""


def build(folder: Path, *, proves: bool = False) -> Cost:
    """Builds a project with the embedded engine; what proofs cost has a section of its own."""
    return run([AWAITED, "build", "--engine", "smalldocs", *([] if proves else ["--no-prove"])], folder)


def cold(folder: Path, *, proves: bool = False) -> Cost:
    """Builds a project of which nothing has been built."""
    for name in ("_site", "_freeze", ".awaited", "examples"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return build(folder, proves=proves)


def middle(measure: Callable[[], Cost], rounds: int) -> Cost:
    """The middle one of several measurements."""
    return sorted((measure() for _ in range(rounds)), key=lambda cost: cost.seconds)[rounds // 2]


def edited(folder: Path) -> tuple[Cost, float]:
    """Builds a project of which one cell has been edited since its last build; also what its snippets took then."""
    page = Path("posts/article-1/index.qmd")
    text = (folder / page).read_text(encoding="utf-8").replace("```\n", f"# {time.monotonic_ns()}\n```\n", 1)
    (folder / page).write_text(text, encoding="utf-8")
    return build(folder), snippets(load(folder))[page]


def middle_edited(folder: Path, rounds: int) -> tuple[Cost, float]:
    """Of several such builds the one in the middle, by what it took beside the snippets."""
    return sorted((edited(folder) for _ in range(rounds)), key=lambda run: run[0].seconds - run[1])[rounds // 2]


def snippets(project: Project) -> dict[Path, float]:
    """How long each article's cells slept and computed, in seconds."""
    results = {article.path: freezer.read(project.freezer, article.path) for article in project.articles()}
    return {path: sum(cell.seconds for cell in frozen.results) for path, frozen in results.items() if frozen}


def kernel_start(rounds: int) -> float:
    """Seconds until a kernel answers that is started by itself, as any tool starts it."""
    from jupyter_client.manager import AsyncKernelManager

    async def start() -> float:
        manager, begin = AsyncKernelManager(kernel_name="python3"), time.perf_counter()
        await manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = manager.client()
        client.start_channels(hb=False)
        await client.wait_for_ready(timeout=60)
        seconds = time.perf_counter() - begin
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        return seconds

    return statistics.median(asyncio.run(start()) for _ in range(rounds))


@contextmanager
def project(make: Callable[[Path, int], None], count: int) -> Iterator[Path]:
    """The folder of a project with so many articles, for a while."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        make(Path(folder), count)
        yield Path(folder)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, all columns but the first to the right."""
    rule = ["---", *["--:"] * (len(heads) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [heads, rule, *rows]) + "\n"


def verdict(value: float, limit: float, unit: str = " s") -> str:
    """A value beside its limit, and whether it is kept."""
    return f"{value:.2f}{unit} | {limit:g}{unit} | {'kept' if value <= limit else '**missed**'}"


def machine() -> str:
    """What the numbers were measured on."""
    names = ("ipykernel", "jupyter-client", "nbclient", "smalldocs")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    software = f"{platform.system()}, {platform.python_implementation()} {platform.python_version()}, {versions}"
    load_before = f"load {os.getloadavg()[0]:.1f} before the first measurement"
    return f"{date.today()}, {os.cpu_count()} processors ({model}), {software}; {load_before}."


def site(rounds: int, say: Callable[[str], None]) -> str:
    """The site itself, with its article once and ten times."""
    start = kernel_start(rounds)
    with project(projects.copies, 1) as one, project(projects.copies, 10) as ten:
        say("the site, cold")
        first = middle(lambda: cold(one), rounds)
        own = max(snippets(load(one)).values())
        say("ten articles, cold")
        tenfold = middle(lambda: cold(ten), rounds)
        unchanged, unchanged_ten = middle(lambda: build(one), rounds), middle(lambda: build(ten), rounds)
        say("one article edited")
        (after, its_own), (after_ten, its_own_ten) = middle_edited(one, rounds), middle_edited(ten, rounds)
    helped = middle(lambda: run([AWAITED, "--help"], ROOT), rounds).seconds
    floor = own + start
    ratio, ratio_ten = first.seconds / floor, tenfold.seconds / floor
    rows = [
        ("Cold, 1 article", f"{first.seconds:.2f} s", verdict(ratio, COLD, " floors")),
        ("Cold, 10 articles", f"{tenfold.seconds:.2f} s", verdict(ratio_ten, COLD, " floors")),
        ("No change, 1 article", f"{unchanged.seconds:.2f} s", verdict(unchanged.seconds, UNCHANGED)),
        ("No change, 10 articles", f"{unchanged_ten.seconds:.2f} s", verdict(unchanged_ten.seconds, UNCHANGED)),
        (
            "The article edited",
            f"{after.seconds:.2f} s",
            verdict(after.seconds - its_own - start, EDITED, " s + floor"),
        ),
        (
            "One of 10 edited",
            f"{after_ten.seconds:.2f} s",
            verdict(after_ten.seconds - its_own_ten - start, EDITED, " s + floor"),
        ),
        ("`awaited --help`", f"{helped:.2f} s", verdict(helped, HELP)),
    ]
    return f"""## This site

The floor is what its article's own snippets sleep and compute, {own:.2f} s, and one kernel start, {start:.2f} s
(by itself, as any tool starts one): {floor:.2f} s. After an edit it is what the snippets took in that very build.
Ten articles are the real one ten times.

{table(("", "Time", "Measured by the limit", "Limit", ""), rows)}
### Where the time of a cold build goes

{steps(first, own)}"""


def proofs(rounds: int, say: Callable[[str], None]) -> str:
    """What it costs to prove every script on every Python, beside the execution of the cells."""
    with project(projects.copies, 1) as folder:
        say("environments for the other Pythons, once")
        cold(folder, proves=True)
        pairs = []
        for number in range(rounds):
            say(f"with and without proofs, {number + 1} of {rounds}")
            pairs.append((cold(folder, proves=True), cold(folder)))
        again = build(folder, proves=True)
        unchanged = middle(lambda: build(folder, proves=True), rounds)
        found = [python.minor for python in find_pythons(load(folder))]
        count = len(tangle_project(load(folder)))
    pairs.sort(key=lambda pair: pair[0].seconds / pair[1].seconds)
    proven, bare = pairs[rounds // 2]
    rows = [
        ("Cold, without proofs", f"{bare.seconds:.2f} s", f"{bare.processor:.1f} s", "", "", ""),
        (
            "Cold, with proofs",
            f"{proven.seconds:.2f} s",
            f"{proven.processor:.1f} s",
            verdict(proven.seconds / bare.seconds, PROVEN, " times"),
        ),
        ("All proven before", f"{again.seconds:.2f} s", f"{again.processor:.1f} s", "", "", ""),
        ("No change", f"{unchanged.seconds:.2f} s", f"{unchanged.processor:.1f} s", verdict(unchanged.seconds, 0.3)),
    ]
    return f"""## Proofs

{count} scripts, each run on {len(found)} Pythons ({", ".join(found)}) beside the article's cells; their environments
are there already. With and without take turns; of the pairs, the middle one counts.

{table(("", "Time", "Computing", "Measured by the limit", "Limit", ""), rows)}"""


def series(say: Callable[[str], None]) -> str:
    """All articles of this site together, beside the longest of them alone."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        projects.whole_site(folder)
        say("all articles, cold")
        together = cold(folder)
        taken = snippets(load(folder))
        longest = max(taken, key=lambda page: taken[page])
        say(f"{longest} alone, cold")
        projects.leave_alone(folder, longest)
        alone = cold(folder)
    limit = 1.25 * alone.seconds + 2 * (len(taken) - 1)
    rows = [
        (f"The longest alone, `{longest.parent.name}`", f"{alone.seconds:.2f} s", "", "", ""),
        (f"All {len(taken)} articles", f"{together.seconds:.2f} s", verdict(together.seconds, round(limit, 2))),
    ]
    return f"""## The series

All articles at once may take 1.25 times what the longest takes alone, and 2 s more for each further one.

{table(("", "Time", "Measured by the limit", "Limit", ""), rows)}"""


def steps(built: Cost, own: float) -> str:
    """The parts of a build, from what it said of itself."""
    said = built.output.rpartition("(")[2].rpartition(")")[0].split("; ")[-1]
    times = {name: float(seconds) for name, seconds in (step.split()[:2] for step in said.split(", "))}
    rows = [
        ("Python and imports", built.seconds - sum(times.values())),
        ("compare: has anything changed?", times["compare"]),
        ("read", times["read"]),
        ("execute: the snippets themselves", own),
        ("execute: all else (nbclient, the kernel's start and end; tangling is beside it)", times["execute"] - own),
        ("weave", times["weave"]),
        ("finish", times["finish"]),
    ]
    lines = [(name, f"{seconds:.2f} s", f"{seconds / built.seconds:.1%}") for name, seconds in rows]
    return table(("Step", "Time", "Part"), lines)


def growth(counts: Sequence[int], rounds: int, say: Callable[[str], None]) -> str:
    """Generated projects of more and more articles."""
    rows, limits = [], []
    for count in counts:
        with project(projects.short_articles, count) as folder:
            say(f"{count} short articles, cold")
            first = cold(folder)
            say(f"{count} short articles, no change and one edited")
            unchanged, (edit, _) = middle(lambda: build(folder), rounds), edited(folder)
        rows.append(
            (
                f"{count:,}",
                f"{first.seconds:.1f} s",
                f"{first.seconds / count * 1000:.0f} ms",
                f"{first.processor / count * 1000:.0f} ms",
                f"{unchanged.seconds:.2f} s",
                f"{edit.seconds:.1f} s",
                *(f"{bytes_ >> 20} MB" for bytes_ in (first.memory, first.children, unchanged.memory)),
            )
        )
        if count >= 1000:
            kept = unchanged.seconds <= UNCHANGED_1000 and max(first.memory, edit.memory) <= MEMORY
            limits.append(
                f"The limits for 1,000 articles, {UNCHANGED_1000:g} s for no change and 1 GB of memory for a build, "
                f"are {'kept' if kept else '**missed**'}."
            )
    heads = (
        *("Articles", "Cold", "for each", "computing for each", "No change", "One edited"),
        *("Memory, cold", "kernels together", "no change"),
    )
    return f"""## Growth

Generated articles of three short snippets each. Memory is the most that the build's own process held at one time
(resident); the kernels' is that of all together, pages that they share counted for each.

{table(heads, rows)}
{" ".join(limits)}
"""


def others(say: Callable[[str], None]) -> str:
    """The same article by other tools."""
    with project(projects.copies, 1) as folder:
        say("awaited, for comparison")
        own, again = cold(folder), build(folder)
        made = load(folder)
        article = made.articles()[0]
        lines = peers.printed(made, article)
    rows = [("awaited", "", f"{own.seconds:.1f} s", "1.00", f"{again.seconds:.2f} s", "all steps of this project")]
    for peer in peers.PEERS:
        say(peer.name)
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            try:
                first, second = peers.measure_peer(peer, article, lines, Path(scratch) / "peer")
            except peers.MissingError as error:
                rows.append((peer.name, peers.version(peer), "-", "-", "-", str(error)))
                continue
        times = f"{first.seconds:.1f} s", f"{first.seconds / own.seconds:.2f}", f"{second.seconds:.2f} s"
        rows.append((peer.name, peers.version(peer), *times, peer.note))
    return f"""## Peers

The cells of this site's article, executed, the outputs on a page: each of {len(lines)} printed lines was looked for.
All run them in the same kernel, that of this project's environment.

{table(("Tool", "Version", "Cold", "to awaited", "No change", ""), rows)}"""


def recorder(say: Callable[[str], None]) -> str:
    """What recording a timeline costs, from a bench of its own."""
    say("the recorder")
    command = [sys.executable, str(ROOT / "bench/timeline.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"""## The recorder

What recording a timeline costs (`python bench/timeline.py`):

```
{done.stdout.strip()}
```
"""


def in_browser(rounds: int, say: Callable[[str], None]) -> str:
    """What running snippets in a page costs, from a bench of its own."""
    rows = [(name, verdict(value, limit, unit)) for name, value, limit, unit in live.measure(rounds, say)]
    return f"""## Running snippets in a page

The worker alone, on an empty page in Chromium, served from this machine.

{table(("", "Measured", "Limit", ""), rows)}"""


def main() -> int:
    """Measures everything, and writes it down; the exit status is 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, nargs="+", default=[10, 100], help="sizes of the generated projects")
    parser.add_argument("--rounds", type=int, default=3, help="how often short ones are measured; the middle counts")
    asked = parser.parse_args()
    counts, rounds = asked.articles, asked.rounds

    def say(what: str) -> None:
        print(f"measuring: {what}", file=sys.stderr, flush=True)

    options = "" if counts == [10, 100] else f' ARTICLES="{" ".join(map(str, counts))}"'
    method = f"All in one run; of what is short, the middle of {rounds} measurements."
    head = f"# What a build costs\n\nWritten by `make bench{options}`: {machine()}\n{method}\n"
    parts = [
        head,
        site(rounds, say),
        proofs(rounds, say),
        series(say),
        clean.measure(say),
        growth(counts, rounds, say),
        others(say),
        recorder(say),
        in_browser(rounds, say),
    ]
    report = ROOT / "bench/README.md"
    report.write_text("\n".join(parts), encoding="utf-8")
    print(report)
    return int("**missed**" in report.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
