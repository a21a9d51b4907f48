"""Each script as a page: what it says, what it prints, what it needs, how to run it, and where that is proven."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import PurePosixPath

from awaited.finish import claims
from awaited.finish.code import block
from awaited.finish.frame import Frame, moved
from awaited.finish.markup import Tree, address_of, links, way_up
from awaited.finish.scripts import breakable
from awaited.prove.proofs import Proofs
from awaited.read.packages import needed
from awaited.read.project import Project
from awaited.read.versions import OLDEST, in_words
from awaited.tangle.scripts import Script

OLDEST_IN_WORDS = f"Python {'.'.join(map(str, OLDEST))} or later"


def path_of(script: Script) -> PurePosixPath:
    """The file of a script's page, relative to the site."""
    return PurePosixPath(script.path.with_suffix(".html").as_posix())


def script_page(project: Project, frame: Frame, script: Script, output: str, proofs: Proofs) -> str:
    """A script's page, to be completed; ``output`` is what the article's page shows below the snippet, as HTML."""
    path, article = path_of(script), script.article
    back = f"{way_up(path)}{address_of(article.path)}#{script.cell.label}"
    place = f'<a href="{back}">{html.escape(script.cell.section or article.title)}</a>'
    where = f"{place} in “{html.escape(article.title)}”" if script.cell.section else place
    packages = needed([script.text])
    broken = ' data-broken="true"' if script.cell.is_broken else ""
    content = (
        '<header id="title-block-header" class="quarto-title-block default"><div class="quarto-title">'
        f'<h1 class="title">{breakable(script.path.name)}</h1></div></header>'
        f"{_facts(script, where, packages, proofs)}"
        f"{block(_commands(project, script, packages), 'bash')}"
        f'<div class="cell"{broken}>{block(script.text.rstrip(), "python")}{_moved(output, script)}</div>'
    )
    description = f"A snippet of “{article.title}” as a script that runs as it is, and what it prints."
    page = frame.around(path, script.path.name, description, content)
    return page.replace('<main class="content', '<main class="script-page content', 1)


def _facts(script: Script, where: str, packages: Sequence[str], proofs: Proofs) -> str:
    """What there is to know of a script: names and values."""
    wanted = script.cell.options.get("python")
    needs = [in_words(wanted) if wanted else OLDEST_IN_WORDS, *(f"<code>{name}</code>" for name in packages)]
    facts = {"From": where, "Needs": ", ".join(needs)}
    if proven := claims.link(script, proofs, way_up(path_of(script))):
        facts["Proven"] = proven
    facts["As text"] = f'<a href="{script.path.name}">{html.escape(script.path.name)}</a>'
    return '<dl class="facts">' + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items()) + "</dl>"


def _commands(project: Project, script: Script, packages: Sequence[str]) -> str:
    """How to get a script and to run it."""
    lines = [f"curl -O {project.url}/{script.path.as_posix()}"] if project.url else []
    lines += [f"pip install {' '.join(packages)}"] if packages else []
    return "\n".join([*lines, f"python {script.path.name}"])


def _moved(output: str, script: Script) -> str:
    """A snippet's output, with links and pictures that hold for the page of its script."""
    if "href=" not in output and "src=" not in output:
        return output
    tree = Tree(output)
    before = PurePosixPath(script.article.path.with_suffix(".html").as_posix())
    for node, name, target in links(tree):
        node.attrs[name] = moved(target, before, path_of(script))
    return tree.body.inner_html or "" if tree.body is not None else ""
