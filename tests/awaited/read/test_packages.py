"""Which packages code imports."""

from __future__ import annotations

from awaited.read.packages import imported, version, with_requirements


def test_the_packages_that_code_imports_itself() -> None:
    assert imported(["import asyncio, json\nfrom collections.abc import Iterable\n"]) == []
    assert imported(["import aiohttp.web\n", "from . import sibling\n", "def f():\n    import yaml\n"]) == [
        "aiohttp",
        "pyyaml",
    ]
    assert imported(["import nowhere_to_be_found"]) == ["nowhere_to_be_found".replace("_", "-")]


def test_what_they_need_in_turn() -> None:
    found = with_requirements(["aiohttp"])
    assert {"aiohttp", "multidict", "yarl"} <= set(found)
    assert "pytest" not in found
    assert with_requirements(["nowhere-to-be-found"]) == []
    assert version("nowhere-to-be-found") is None
