"""The archive of all scripts, with what it takes to run them and to see for oneself that they print what is shown."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from awaited import httpbin
from awaited.finish import claims
from awaited.finish.markup import address_of
from awaited.finish.own import check_not_own
from awaited.memory.keeper import TOOL
from awaited.prove.proofs import Proofs, shown, why_unproven
from awaited.prove.pythons import numbers
from awaited.read.metadata import as_list
from awaited.read.packages import needed, version
from awaited.read.project import EXAMPLES, Project
from awaited.read.versions import OLDEST
from awaited.tangle.scripts import Script

ARCHIVE = "examples.zip"
TESTS = "tests"
MODULES = {
    "awaited.finish.archived_tests": "test_scripts",
    "awaited.prove.compare": "compare",
    "awaited.memory.plain_text": "plain_text",
    "awaited.read.versions": "versions",
    "awaited.httpbin": "local_httpbin",
}
"""The modules of ours that the tests in the archive consist of, and their names there."""
README = """\
# The scripts of {name}

Each script is a snippet of an article on {site}, and runs as it is:

```bash
python {first}
```

`requirements.txt` names the packages that scripts import, in the versions that they were proven with.

## Check them yourself

The tests run each script and compare what it prints with what its page shows.
Only durations may differ a little, and what is named in `tests/shown.json` as varying.

```bash
python -m venv .venv
.venv/bin/python -m pip install -r tests/requirements.txt
.venv/bin/python -m pytest
```

On Windows it is `.venv\\Scripts\\python`.
A script that your version of Python cannot run, or that prints something else there, is skipped, with the reason.
Those that call a web service talk to a copy of it on your machine.

## What is here

{table}
"""


def publish_archive(project: Project, site: Path, scripts: Sequence[Script], proofs: Proofs) -> None:
    """Puts the archive of all scripts into the site; the same scripts and results give the same bytes.

    Raises AwaitedError where the site has a file of the author's under its name.
    """
    if not scripts:
        return
    check_not_own(project, site, ARCHIVE)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(_files(project, scripts, proofs).items()):
            entry = zipfile.ZipInfo(f"{EXAMPLES.as_posix()}/{name}")  # dated 1980
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    (site / ARCHIVE).write_bytes(buffer.getvalue())


def _files(project: Project, scripts: Sequence[Script], proofs: Proofs) -> dict[str, str]:
    """Everything in the archive, by its name in there."""
    files = {
        "README.md": _readme(project, scripts, proofs),
        "requirements.txt": _requirements(scripts, proofs),
        "pytest.ini": f"[pytest]\ntestpaths = {TESTS}\npython_files = test_scripts.py\naddopts = -ra\n",
        f"{TESTS}/requirements.txt": _test_requirements(scripts),
        f"{TESTS}/shown.json": json.dumps(_cases(project, scripts), indent=1, ensure_ascii=False) + "\n",
    }
    for module, name in MODULES.items():
        files[f"{TESTS}/{name}.py"] = _renamed((TOOL.parent / f"{module.replace('.', '/')}.py").read_text("utf-8"))
    licence = project.root / "LICENSE"
    if licence.is_file():
        files["LICENSE"] = licence.read_text("utf-8")
    return files | {_name(script): script.text for script in scripts}


def _name(script: Script) -> str:
    return script.path.relative_to(EXAMPLES).as_posix()


def _renamed(text: str) -> str:
    """A module's text, with the modules that it imports under the names that they have in the archive."""
    for module, name in MODULES.items():
        package, _, last = module.rpartition(".")
        text = re.sub(rf"\bfrom {re.escape(module)} import\b", f"from {name} import", text)
        text = re.sub(rf"\bfrom {re.escape(package)} import {last}\b", f"import {name} as {last}", text)
    return text


def _cases(project: Project, scripts: Sequence[Script]) -> dict[str, object]:
    """What each script is compared with, and how; nothing where its page has no results of ours."""
    unproven = {script.article.path: why_unproven(project, script.article) for script in scripts}

    def case(script: Script) -> dict[str, object]:
        page = None if unproven[script.article.path] else shown(project, script)
        return {
            "shown": asdict(page) if page else None,
            "varies": [str(pattern) for pattern in as_list(script.cell.options.get("varies", []))],
            "python": script.cell.options.get("python"),
            "printed-by": script.cell.options.get("printed-by"),
            "timeout": script.cell.setting("timeout"),
        }

    return {_name(script): case(script) for script in scripts}


def _requirements(scripts: Sequence[Script], proofs: Proofs) -> str:
    """The packages that scripts import: in the versions they were proven with, else in those that are here."""
    names = needed(script.text for script in scripts)
    if not names:
        return f"# The scripts need nothing but Python {_oldest()} or later.\n"
    lines = []
    for name in names:
        proven = {python: held[name] for python, held in proofs.packages.items() if held.get(name)}
        if len(set(proven.values())) <= 1:
            lines.append(f"{name}=={next(iter(proven.values()), version(name))}")
            continue
        for python, number in proven.items():
            minor = ".".join(map(str, numbers(python)[:2]))
            lines.append(f'{name}=={number}; python_version == "{minor}"')
    return "# What scripts import.\n" + "".join(f"{line}\n" for line in lines)


def _test_requirements(scripts: Sequence[Script]) -> str:
    """The packages that scripts and the tests import; httpbin where a script calls it."""
    calls = any(httpbin.VARIABLE in script.text for script in scripts)
    names = ["packaging", "pytest", *(["httpbin", "werkzeug"] if calls else [])]
    lines = [f"{name}=={version(name)}" if version(name) else name for name in names]
    return "# What scripts and tests import.\n-r ../requirements.txt\n" + "".join(f"{line}\n" for line in lines)


def _readme(project: Project, scripts: Sequence[Script], proofs: Proofs) -> str:
    rows = [("Script", "Shows", *(["Proven"] if proofs.when else [])), ("---",) * (3 if proofs.when else 2)]
    for script in scripts:
        address = f"{project.url}/{address_of(script.article.path)}#{script.cell.label}" if project.url else ""
        words = (script.cell.section or script.article.title).replace("|", "\\|")
        words += f" ({claims.BROKEN})" if script.cell.is_broken else ""
        place = f"[{words}]({address})" if address else words
        rows.append((f"`{_name(script)}`", place, *([claims.claim(script, proofs)] if proofs.when else [])))
    name = project.title or "this site"
    return README.format(
        name=name,
        site=f"[{name}]({project.url}/)" if project.url else name,
        first=_name(scripts[0]),
        table="\n".join(f"| {' | '.join(row)} |" for row in rows),
    )


def _oldest() -> str:
    return ".".join(map(str, OLDEST))
