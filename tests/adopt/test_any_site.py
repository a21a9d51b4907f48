"""A site that knows nothing of us builds as it is: what does not fit is told, all of it at once, and by its line."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from awaited.build import Wishes, build
from awaited.progress import Progress
from awaited.read.errors import AwaitedError
from awaited.read.project import Project, load
from awaited.tangle.scripts import tangle_project

CONFIG = "project: {type: website}\nwebsite: {title: Of Somebody}\n"
CELL = "```{python}\n#| label: shown\nprint('shown')\n```\n"
Files = Mapping[str, str | bytes]
Build = Callable[..., tuple[Project, str]]


@pytest.fixture
def built(make_project: Callable[..., Project], tmp_path: Path) -> Build:
    """Builds a site of some files, and gives what was said of it."""

    def built(files: Files, config: str = CONFIG, proves: bool = False) -> tuple[Project, str]:
        project, stream = make_project(tmp_path, files, config), io.StringIO()
        build(project, Progress(stream), Wishes("smalldocs", proves=proves))
        return project, stream.getvalue()

    return built


def page(project: Project, name: str) -> str:
    return (project.site / name).read_text(encoding="utf-8")


# --- Cells that make no script ----------------------------------------------------------------------------------------

CELLS = """\
```{python}
print("no label")
```

```{python}
#| include: false
hidden = 1
```

```{python}
#| label: needs-hidden
print(hidden)
```

```{python}
#| label: magic
%time 1
```

```{python}
#| label: fine
print("fine")
```
"""


def test_cells_that_make_no_script_are_counted(project: Callable[..., Project]) -> None:
    from awaited.tangle.left_out import note

    left_out: list[AwaitedError] = []
    scripts = tangle_project(project({"a.qmd": CELLS}, CONFIG), left_out=left_out)
    assert [script.cell.label for script in scripts] == ["fine"]
    assert [error.line for error in left_out] == [1, 17, 12], "each with its line"
    assert note(left_out).startswith(
        "3 visible cells make no script: 1 without a label, 1 with code that only IPython runs, "
        "1 with names that only a hidden cell defines; "
    )


def test_where_all_have_to_make_one_all_that_do_not_are_told(project: Callable[..., Project]) -> None:
    with pytest.raises(AwaitedError, match="no label") as caught:
        tangle_project(project({"a.qmd": CELLS}, f"{CONFIG}awaited: {{examples: strict}}\n"))
    told = str(caught.value)
    assert told.startswith("3 errors\n  a.qmd:1: this cell has no label")
    assert "a.qmd:12: `hidden` is defined only in the hidden cell at line 5" in told


@pytest.mark.parametrize("where", ["a.qmd", "_metadata.yml", "_quarto.yml"])
def test_no_scripts_of_a_page_a_folder_a_project(project: Callable[..., Project], where: str) -> None:
    says = "execute: {example: false}\n"
    header = f"---\n{says}---\n" if where == "a.qmd" else ""
    files = {"posts/a.qmd": header + CELL, "b.qmd": CELL}
    files |= {"posts/_metadata.yml": says} if where == "_metadata.yml" else {}
    config = CONFIG + "awaited: {examples: strict}\n" + (says if where == "_quarto.yml" else "")
    made = [script.path.as_posix() for script in tangle_project(project(files, config))]
    assert made == ([] if where == "_quarto.yml" else ["examples/b/shown.py"])


def test_a_cell_may_want_a_script_all_the_same(project: Callable[..., Project]) -> None:
    cell = CELL.replace("#| label", "#| example: true\n#| label")
    (script,) = tangle_project(project({"a.qmd": f"---\nexecute: {{example: false}}\n---\n{cell}"}, CONFIG))
    assert script.cell.label == "shown"


def test_a_script_that_contradicts_its_page_is_told_and_claims_nothing(built: Build) -> None:
    chance = "```{python}\n#| label: chance\nimport os\n\nprint(os.getpid())\n```\n"
    project, said = built({"a.qmd": CELL + chance, "index.qmd": "Home\n"}, proves=True)
    assert "a.qmd:5: 'chance' on Python" in said
    assert "note: 1 script contradicts its page, as told above" in said
    shown, other = page(project, "a.html").split('id="chance"')
    assert 'class="proven"' in shown
    assert 'class="proven"' not in other


# --- Links and files --------------------------------------------------------------------------------------------------

LINKS = """\
A [first](missing.qmd),
a [second](#nowhere),
and a [draft](draft.qmd).

<a href="data.csv">data</a> <video src="film.mp4" poster="films/still.png"></video>
<a href=".secret">no</a> <a href="../outside.txt">no</a>
"""


def test_dead_links_are_told_together_and_stop_nothing(built: Build, tmp_path: Path) -> None:
    files = {
        "index.qmd": LINKS,
        "draft.qmd": "---\ndraft: true\n---\nNot yet.\n",
        **dict.fromkeys(("data.csv", "film.mp4", "films/still.png", ".secret"), "content"),
    }
    navbar = "website: {navbar: {left: [{text: Gone, href: gone.html}]}}\n"
    (tmp_path.parent / "outside.txt").write_text("outside")
    project, said = built(files, f"project: {{type: website}}\n{navbar}")
    notes = [line.removeprefix("  note: ") for line in said.splitlines() if "the link" in line]
    assert "index.qmd:1: the link 'missing.html' leads to no file of the site; correct it" in notes
    assert "index.qmd:2: the link '#nowhere' names no heading or snippet of index.html; correct it" in notes
    assert any(note.startswith("index.qmd:3: the link 'draft.html' leads to a draft, which is not") for note in notes)
    assert [note for note in notes if "gone" in note] == [
        "_quarto.yml:2: the link 'gone.html' leads to no file of the site; correct it"
    ], "what stands on every page is told once"
    assert [name for name in ("data.csv", "film.mp4", "films/still.png") if not (project.site / name).is_file()] == []
    assert not (project.site / ".secret").exists()
    with pytest.raises(AwaitedError, match=rf"^{len(notes)} errors(?s:.*)\n  index\.qmd:1: the link 'missing\.html'"):
        built(files, f"project: {{type: website}}\n{navbar}awaited: {{links: error}}\n")
    assert (project.site / "index.html").is_file(), "the last good site stays"


def test_an_address_of_data_may_be_as_long_as_it_likes(built: Build) -> None:
    data = "data:image/png;base64," + "A" * 100_000
    long = f'<img src="{data}"> <a href="{data}">x</a> <a href="{"x" * 5000}">y</a>\n\n![]({data})\n'
    _, said = built({"index.qmd": f'{long}<link rel="stylesheet" href="data:text/css,{"a" * 5000}">\n'})
    assert said.count("note:") == 1, "the one that is a name"


# --- Settings ---------------------------------------------------------------------------------------------------------


def test_a_configuration_by_its_other_name_with_tabs_and_profiles(built: Build, tmp_path: Path) -> None:
    (tmp_path / "_quarto.yaml").write_text(
        "project:\t\n  type: website\nwebsite:\n  title: Plain \t\nprofile: {default: small, group: [[day, night]]}\n"
    )
    (tmp_path / "_quarto-small.yml").write_text("website: {title: Small}\nlang: de\n")
    (tmp_path / "_quarto-day.yml").write_text("website: {description: By day}\n")
    files = {
        "index.qmd": "---\ntitle: Home\t\ndescription: >\n  Tabs\n---\n\nText.\n",
        "posts/_metadata.yaml": "lang: fr\n",
    }
    for name, text in {**files, "posts/a.qmd": CELL}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    project, stream = load(tmp_path), io.StringIO()
    assert (project.title, project.config["website"]["description"]) == ("Small", "By day")
    assert project.read(Path("posts/a.qmd")).metadata["lang"] == "fr"
    build(project, Progress(stream), Wishes("smalldocs", proves=False))
    assert "Small</title>" in page(project, "index.html")
    assert 'lang="de"' in page(project, "index.html")
    assert 'lang="fr"' in page(project, "posts/a.html")


def test_the_variable_names_profiles(
    project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = {
        "_quarto-one.yml": "website: {title: One, navbar: {left: [a.qmd]}}\n",
        "_quarto-two.yml": "website: {title: Two, navbar: {left: [b.qmd]}}\n",
        "_quarto.yml.local": "website: {description: Here}\n",
    }
    monkeypatch.setenv("QUARTO_PROFILE", "one two")
    website = project(files, CONFIG).config["website"]
    assert website == {"title": "One", "navbar": {"left": ["b.qmd", "a.qmd"]}, "description": "Here"}
    monkeypatch.delenv("QUARTO_PROFILE")
    assert load(tmp_path).config["website"] == {"title": "Of Somebody", "description": "Here"}


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("awaited: {links: maybe}", "_quarto.yml:3: option 'links' must be warn or error, not 'maybe'"),
        ("awaited:\n  proofs: 3", "_quarto.yml:4: option 'proofs' must be true or false, not 3"),
        ("awaited:\n  likns: warn", "_quarto.yml:4: 'awaited' has no option 'likns'; it has examples, links,"),
        ("awaited: yes", "_quarto.yml:3: field 'awaited' must be settings below it"),
    ],
)
def test_options_of_ours_are_checked(project: Callable[..., Project], says: str, message: str) -> None:
    with pytest.raises(AwaitedError) as caught:
        project({}, f"{CONFIG}{says}\n")
    assert str(caught.value).startswith(message)


# --- Where posts are, and where their cells run -----------------------------------------------------------------------

READS = "```{python}\n#| label: reads\nprint(open('data.csv').read())\n```\n"


@pytest.mark.parametrize("folder", ["", "notes/2026/"])
def test_scripts_run_where_their_cells_ran(built: Build, folder: str) -> None:
    in_root = folder == ""
    config = CONFIG.replace("website}", "website, execute-dir: project}") if in_root else CONFIG
    header = "---\ntitle: A Post\ndate: 2026-01-05\n---\n"
    listing = "---\nlisting: {contents: notes}\n---\n"
    files = {"index.qmd": listing, "notes/2026/a-post.qmd": header + READS, f"{folder}data.csv": "one,two"}
    project, said = built(files, config, proves=True)
    assert "contradicts" not in said
    assert "one,two" in page(project, "notes/2026/a-post.html")
    assert 'class="proven"' in page(project, "notes/2026/a-post.html")
    assert 'href="notes/2026/a-post.html">A Post</a>' in page(project, "index.html")


# --- Several errors ---------------------------------------------------------------------------------------------------


def test_several_pages_that_cannot_be_read_are_told_together(project: Callable[..., Project]) -> None:
    files = {"a.qmd": "---\ntitle: [\n---\n", "b.qmd": "```{python}\n1\n", "c.qmd": "fine\n"}
    with pytest.raises(
        AwaitedError, match=r"^2 errors\n  a\.qmd:2: invalid YAML: .*\n  b\.qmd:1: the cell opened here"
    ):
        project(files, CONFIG).read_pages()


def test_several_pages_whose_cells_fail_are_told_together(built: Build) -> None:
    failing = "```{python}\n1 / 0\n```\n"
    with pytest.raises(AwaitedError) as caught:
        built({"a.qmd": failing, "b.qmd": CELL, "c.qmd": f"\n{failing}"})
    assert str(caught.value).split("\n") == [
        "2 errors",
        "  a.qmd:2: the cell at line 1: ZeroDivisionError: division by zero",
        "  c.qmd:3: the cell at line 2: ZeroDivisionError: division by zero",
    ]


def test_a_fence_further_in_closes_nothing(project: Callable[..., Project]) -> None:
    shown = "```\nShown:\n\n    ```python\n    1\n    ```\n```\n\n```{python}\n2\n```\n"
    (page,) = project({"a.qmd": shown}, CONFIG).read_pages()
    assert [cell.code for cell in page.cells] == ["2"]


# --- What is added, and left off --------------------------------------------------------------------------------------

ADDED = {
    "script-links": ('class="cell-script"', ()),
    "proofs": ('class="proven"', ("proofs.html", "proofs.json")),
    "examples-page": ('href="examples/a/shown.html"', ("examples/a/shown.html", "examples.zip")),
    "controls": ('class="tools"', ()),
    "stylesheet": ('rel="stylesheet" href="site_libs/awaited/site.', ()),
}
"""What is added: how a page shows it, and which files it consists of."""
GOES_ALONG = {"script-links": {"proofs", "examples-page"}, "controls": {"stylesheet"}}
"""What a page shows no more, either, where something is left off; its files stay."""


@pytest.fixture(scope="module")
def sites(make_project: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """A site as it is, and once without each of what we add; built from the results of the first."""
    folder, found = tmp_path_factory.mktemp("sites"), dict[str, Project]()
    for left_off in ("nothing", *ADDED):
        config = CONFIG.replace("Somebody", "Somebody, navbar: {left: [index.qmd]}") + (
            f"awaited: {{{left_off}: false}}\n" if left_off in ADDED else ""
        )
        config += f"project: {{type: website, output-dir: site-{left_off}}}\n"
        project = make_project(folder, {"a.qmd": CELL, "index.qmd": "Home\n"}, config.partition("\n")[2])
        build(project, Progress(io.StringIO()), Wishes("smalldocs"))
        found[left_off] = project
    return found


@pytest.mark.parametrize("left_off", ADDED)
def test_each_addition_can_be_switched_off(sites: dict[str, Project], left_off: str) -> None:
    shown = {name: [mark in page(sites[site], "a.html") for site in ("nothing", left_off)]
             for name, (mark, _) in ADDED.items()}  # fmt: skip
    gone = {left_off, *GOES_ALONG.get(left_off, ())}
    assert shown == {name: [True, name not in gone] for name in ADDED}
    for name, (_, files) in ADDED.items():
        assert [(sites[left_off].site / file).is_file() for file in files] == [name != left_off] * len(files)


def test_without_their_pages_scripts_are_shown_as_they_are(sites: dict[str, Project]) -> None:
    assert 'href="examples/a/shown.py"' in page(sites["examples-page"], "a.html")


def test_without_our_controls_the_engine_has_its_own(sites: dict[str, Project]) -> None:
    assert "Content-Security-Policy" not in page(sites["controls"], "a.html")
    assert "<script" in page(sites["controls"], "a.html")


def test_the_controls_bring_their_look_along(sites: dict[str, Project], root: Path) -> None:
    (united,) = (sites["nothing"].site / "site_libs/awaited").glob("site.*.css")
    assert ".theme-toggle" not in page(sites["nothing"], "a.html"), "there is no dark theme to switch to"
    assert ".search input" in united.read_text()
    (look,) = (sites["stylesheet"].site / "site_libs/awaited").glob("controls.*.css")
    assert f'href="site_libs/awaited/{look.name}"' in page(sites["stylesheet"], "a.html")


# --- Menus ------------------------------------------------------------------------------------------------------------


def test_menus_and_sections_open_without_a_script(built: Build) -> None:
    menu = "navbar: {left: [{text: More, menu: [a.qmd, b.qmd]}]}"
    sections = "{section: Part, contents: [a.qmd]}, {section: Other, href: b.qmd, contents: [index.qmd]}"
    bar = f"sidebar: {{contents: [{sections}]}}"
    files = {name: f"---\ntitle: {name[0].upper()}\n---\nText.\n" for name in ("index.qmd", "a.qmd", "b.qmd")}
    project, _ = built(files, f"project: {{type: website}}\nwebsite:\n  {menu}\n  {bar}\n")
    tree = LexborHTMLParser(page(project, "index.html"))
    assert [node.text(strip=True) for node in tree.css("#quarto-header details.menu > ul a")] == ["A", "B"]
    assert [node.text(strip=True) for node in tree.css("#quarto-sidebar details.section > summary")] == ["Part"]
    assert not tree.css("[data-bs-toggle]")
    assert not tree.css("#quarto-sidebar .collapse")


def test_a_tag_of_jupyter_says_that_a_cell_may_raise(built: Build) -> None:
    project, _ = built({"index.qmd": "```{python}\n#| tags: [raises-exception]\n1 / 0\n```\n"})
    assert "ZeroDivisionError" in page(project, "index.html")
