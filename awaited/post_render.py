"""Quarto's ``post-render``: finishes a site that ``quarto render`` alone has made, as ``awaited build`` does its own.

Does nothing where ``awaited build`` is at work, where only a part of the site was rendered, and where the tool's
packages are not installed: the site is then just as Quarto made it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> int:
    """Finishes the site; exit status 1 for an error that a person can put right."""
    if os.environ.get("AWAITED_BUILD") or not os.environ.get("QUARTO_PROJECT_RENDER_ALL"):
        return 0
    root = Path(os.environ.get("QUARTO_PROJECT_DIR") or ".").resolve()
    sys.path[0] = str(root)  # not this file's folder, whose modules are parts of a package
    try:
        from awaited.finish.site import finish
        from awaited.prove.trial import kept
        from awaited.read.errors import AwaitedError
        from awaited.read.project import load
        from awaited.tangle.scripts import tangle_project
    except ImportError as error:
        print(f"note: the site stays as Quarto made it, without {error.name}; 'make site' does the rest")
        return 0
    try:
        project = load(root)
        project.scratch.mkdir(exist_ok=True)
        pages = project.read_pages()
        scripts = tangle_project(project, pages)
        for dead in finish(project, pages, project.site, scripts, kept(project, scripts)):
            print(f"note: {dead}")
    except (AwaitedError, OSError) as error:
        print(f"awaited: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
