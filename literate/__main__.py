"""The command line of ``literate``: one verb for each step from an article to the site."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from literate.cells import LiterateError
from literate.progress import Progress
from literate.project import Project, load


def build(project: Project, arguments: argparse.Namespace) -> int:
    """Makes the site: tangle, execute, weave, finish."""
    from literate.build import build

    built = build(project, Progress(), engine=arguments.engine, fresh=arguments.fresh, jobs=arguments.jobs)
    ran = "no cell had to run" if not built.executed else f"articles executed: {built.executed}"
    print(f"{built.site}/index.html  (engine: {built.engine}; {ran}; {built.times})")
    return 0


def execute(project: Project, arguments: argparse.Namespace) -> int:
    """Brings the frozen results up to date."""
    from literate.build import only_build
    from literate.execute import execute, run_until_done

    articles = project.articles()
    with only_build(project):
        run_until_done(lambda: execute(project, articles, Progress(), fresh=arguments.fresh, jobs=arguments.jobs))
    return 0


def weave(project: Project, arguments: argparse.Namespace) -> int:
    """Makes the site's pages from frozen results, without running anything."""
    from literate.build import only_build, publish
    from literate.finish import finish
    from literate.tangle import tangle_project
    from literate.weave import choose_engine, weave

    made = project.scratch / "site"
    with only_build(project):
        weave(project, choose_engine(arguments.engine), made, Progress())
        finish(project, made, tangle_project(project))
        publish(project, made)
    return 0


def tangle(project: Project, arguments: argparse.Namespace) -> int:
    """Writes each snippet as a script to examples/, or checks that what stands there is right."""
    from literate.tangle import run

    return run(project, check=arguments.check)


def prove(project: Project, arguments: argparse.Namespace) -> int:
    """Runs every script, under every Python of the machine, and compares what it prints with its page."""
    from literate.execute import run_until_done
    from literate.finish.snippets import show_proofs
    from literate.prove import prove, report
    from literate.tangle import tangle_project

    scripts = tangle_project(project)
    proof = run_until_done(
        lambda: prove(project, scripts, Progress(), jobs=arguments.jobs, here_only=arguments.here_only)
    )
    show_proofs(project, project.site, scripts)
    print(report(proof))
    return 1 if proof.problems else 0


def preview(project: Project, arguments: argparse.Namespace) -> int:
    """Serves the site on 127.0.0.1 and builds it again on each change."""
    from literate.preview import preview

    preview(project, lambda: build(load(project.root), arguments), Progress(), arguments.port)
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="literate", description="From executed articles to a tested site.")
    verbs = top.add_subparsers(required=True, metavar="command")

    def verb(
        run: Callable[[Project, argparse.Namespace], int], *, executes: bool = False, weaves: bool = False
    ) -> argparse.ArgumentParser:
        words = (run.__doc__ or "").rstrip(".")
        command = verbs.add_parser(run.__name__, help=words, description=words + ".")
        command.add_argument("project", nargs="?", default=".", help="the folder of the Quarto project (default: here)")
        command.set_defaults(run=run)
        if weaves:
            command.add_argument("--engine", choices=("quarto", "smalldocs"), help="default: quarto where installed")
        if executes:
            command.add_argument("--fresh", action="store_true", help="run every cell, whatever is frozen")
            command.add_argument("--jobs", type=_positive, help="how many articles run at once")
        return command

    verb(build, executes=True, weaves=True)
    verb(tangle).add_argument("--check", action="store_true", help="write nothing; exit 1 where anything differs")
    verb(execute, executes=True)
    verb(weave, weaves=True)
    proves = verb(prove)
    proves.add_argument("--jobs", type=_positive, help="how many scripts run at once")
    proves.add_argument("--here-only", action="store_true", help="under this Python alone")
    verb(preview, executes=True, weaves=True).add_argument("--port", type=int, default=4200, help="default: 4200")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; exit status 1 for an error that a person can put right, 130 after Ctrl-C."""
    chosen = parser().parse_args(arguments)
    try:
        status: int = chosen.run(load(chosen.project), chosen)
    except LiterateError as error:
        print(f"literate: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("literate: stopped; the last good site stays", file=sys.stderr)
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
