"""The command line of ``awaited``: one verb for each step from an article to the site."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from awaited.execute.shard import Shard
from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.project import Project, load

if TYPE_CHECKING:
    from awaited.build import Wishes


def build(project: Project, arguments: argparse.Namespace) -> int:
    """Makes the site: tangle, execute, prove, weave, finish."""
    from awaited.build import build

    built = build(project, Progress(), _wishes(arguments))
    ran = f"articles executed: {built.executed}" if built.executed else "no cell had to run"
    ran = "nothing has changed, so no cell had to run" if built.unchanged else ran
    print(f"{built.site}/index.html  (engine: {built.engine}; {ran}; {built.times})")
    return 0


def execute(project: Project, arguments: argparse.Namespace) -> int:
    """Brings the frozen results up to date."""
    from awaited.build import execute, only_build

    articles = arguments.shard.of(project.articles()) if arguments.shard else project.articles()
    with only_build(project):
        execute(project, articles, Progress(), _wishes(arguments))
    return 0


def weave(project: Project, arguments: argparse.Namespace) -> int:
    """Makes the site's pages from frozen results, without running anything."""
    from awaited.build import only_build, publish
    from awaited.finish.site import finish
    from awaited.memory import freezer
    from awaited.prove.trial import kept
    from awaited.tangle.scripts import tangle_project
    from awaited.weave.engines import choose_engine, weave
    from awaited.weave.stage import Stage

    made = project.scratch / "site"
    with only_build(project):
        pages = project.read_pages()
        for page in pages:
            if page.has_code and not page.holds_outputs:
                freezer.check(project.freezer, page, (project.root / page.path).read_bytes())
        weave(project, choose_engine(arguments.engine), Stage(project, pages), made, Progress())
        scripts = tangle_project(project, pages)
        for dead in finish(project, pages, made, scripts, kept(project, scripts)):
            print(f"  note: {dead}")
        publish(project, made)
    return 0


def tangle(project: Project, arguments: argparse.Namespace) -> int:
    """Writes each snippet as a script to examples/, or checks that what stands there is right."""
    from awaited.tangle.examples import run

    return run(project, check=arguments.check)


def prove(project: Project, arguments: argparse.Namespace) -> int:
    """Runs every script, under every Python of the machine, and compares what it prints with its page."""
    from awaited.build import only_build, prove
    from awaited.prove.proofs import report
    from awaited.tangle.examples import drift
    from awaited.tangle.scripts import tangle_project

    scripts = tangle_project(project)
    if changed := drift(project):
        print(changed, end="")
        raise AwaitedError(
            "the scripts are not what the articles say, as shown above; run 'awaited tangle'", "examples"
        )
    with only_build(project):
        proofs = prove(project, scripts, Progress(), _wishes(arguments))
    print(report(proofs, scripts))
    return 1 if proofs.problems else 0


def preview(project: Project, arguments: argparse.Namespace) -> int:
    """Serves the site on 127.0.0.1 and builds it again on each change; proves the scripts when it is idle."""
    from awaited.preview import preview

    def rebuild(proves: bool) -> int:
        arguments.prove = proves
        return build(load(project.root), arguments)

    preview(project, rebuild, Progress(), arguments.port)
    return 0


def _wishes(arguments: argparse.Namespace) -> Wishes:
    from awaited.build import Wishes

    named = {name: getattr(arguments, name, None) for name in ("engine", "fresh", "jobs", "pythons")}
    return Wishes(
        engine=named["engine"],
        fresh=bool(named["fresh"]),
        jobs=named["jobs"],
        proves=getattr(arguments, "prove", True),
        pythons=named["pythons"] or (),
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _shard(text: str) -> Shard:
    try:
        return Shard.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _pythons(text: str) -> list[str]:
    versions = text.replace(",", " ").split()
    if wrong := [version for version in versions if not re.fullmatch(r"3\.\d+", version)]:
        raise argparse.ArgumentTypeError(f"{wrong[0]!r} is no version such as 3.12")
    return versions


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number < 65536:
        raise argparse.ArgumentTypeError("must be between 0 and 65535")
    return number


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="awaited", description="From executed articles to a tested site.")
    verbs = top.add_subparsers(required=True, metavar="command")

    def verb(
        run: Callable[[Project, argparse.Namespace], int],
        *,
        executes: bool = False,
        weaves: bool = False,
        proves: bool = False,
    ) -> argparse.ArgumentParser:
        words = (run.__doc__ or "").rstrip(".")
        command = verbs.add_parser(run.__name__, help=words, description=words + ".")
        command.add_argument("project", nargs="?", default=".", help="the folder of the Quarto project (default: here)")
        command.set_defaults(run=run)
        if weaves:
            command.add_argument("--engine", choices=("quarto", "smalldocs"), help="default: quarto where installed")
        if executes:
            command.add_argument("--fresh", action="store_true", help="run every cell and script, whatever is kept")
            command.add_argument("--jobs", type=_positive, help="how many articles, and how many scripts, run at once")
        if proves:
            on = "prove on these versions alone, such as '3.11 3.14'; each must be here (default: all that are)"
            command.add_argument("--pythons", type=_pythons, metavar="VERSIONS", help=on)
        return command

    verb(build, executes=True, weaves=True, proves=True).add_argument(
        "--no-prove", dest="prove", action="store_false", help="run no scripts; then no page claims a proof"
    )
    verb(tangle).add_argument("--check", action="store_true", help="write nothing; exit 1 where anything differs")
    shard = "run one part of the articles, such as 2/5; the results of all parts, laid together, make the whole"
    verb(execute, executes=True).add_argument("--shard", type=_shard, help=shard)
    verb(weave, weaves=True)
    proving = verb(prove, proves=True)
    proving.add_argument("--jobs", type=_positive, help="how many scripts run at once")
    proving.add_argument("--fresh", action="store_true", help="run every script, whatever is known")
    verb(preview, executes=True, weaves=True).add_argument("--port", type=_port, default=4200, help="default: 4200")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; exit status 1 for an error that a person can put right, 130 after Ctrl-C or SIGTERM."""
    chosen = parser().parse_args(arguments)
    with _told_of_stops() as stops:
        try:
            status: int = chosen.run(load(chosen.project), chosen)
        except KeyboardInterrupt:
            return _stopped()
        except Exception as error:
            if stops:  # an import that is cut off may end in any error
                return _stopped()
            if not isinstance(error, AwaitedError | OSError):
                raise
            print(f"awaited: {_in_words(error, chosen.project)}", file=sys.stderr)
            return 1
    return status


@contextlib.contextmanager
def _told_of_stops() -> Iterator[list[int]]:
    """Lets Ctrl-C, unless the shell has turned it off, and SIGTERM raise KeyboardInterrupt; lists those that came."""
    stops: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
            signal.setitimer(signal.ITIMER_REAL, 0.001)  # try again: there it would be lost, or leave a lock held
            return
        stops.append(number)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN or number != signal.SIGINT:
            signal.signal(number, stop)
    try:
        yield stops
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is stop:
                signal.signal(number, handler)


def _stopped() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is stopped: a second Ctrl-C could only cut the message off
    print("awaited: stopped; the last good site stays", file=sys.stderr)
    return 130


def _in_words(error: AwaitedError | OSError, project: str) -> str:
    if isinstance(error, AwaitedError):
        return str(error)
    folder = str(Path(project).resolve()) + os.sep
    named = f"{str(error.filename).removeprefix(folder)}: " if error.filename else ""
    return f"{named}{error.strerror or error}; the last good site stays"


def run() -> NoReturn:
    """Runs the command that the program was given, and ends the program."""
    status = main()
    with contextlib.suppress(OSError):  # whose text the interpreter says
        for stream in filter(None, (sys.stdout, sys.stderr)):  # None where the shell has closed it
            stream.flush()
        os._exit(status)  # no thread, process or file of ours is left; to take down a thousand modules takes a while
    sys.exit(status)


if __name__ == "__main__":
    run()
