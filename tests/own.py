"""The articles of this repository and their scripts, which several files of tests ask for: read once."""

from pathlib import Path

from awaited.read.project import load
from awaited.tangle.scripts import tangle_project

PROJECT = load(Path(__file__).parents[1])
ARTICLES = PROJECT.articles()
SCRIPTS = tangle_project(PROJECT, ARTICLES)
