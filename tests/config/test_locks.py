"""The lock files: complete, by hash, and naming no host."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.setup import locks

ROOT = Path(__file__).parents[2]
PYTHON_LOCKS = (locks.RUNTIME, locks.TEST, locks.NODE)
NPM_LOCK = "core/ui/package-lock.json"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def entries(name: str) -> list[tuple[Requirement, int]]:
    """The requirements of a lock file, each with its number of hashes."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    return [(Requirement(line.split(" --hash", 1)[0]), line.count("--hash=sha256:")) for line in text.splitlines()]


def here(name: str) -> dict[str, str]:
    """The versions that a lock file gives for this Python and system."""
    chosen = [entry for entry, _ in entries(name) if entry.marker is None or entry.marker.evaluate()]
    return {canonicalize_name(entry.name): str(entry.specifier).removeprefix("==") for entry in chosen}


@pytest.mark.parametrize("name", [*PYTHON_LOCKS, NPM_LOCK])
def test_a_lock_file_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    # npm writes the addresses of the authors' funding pages; they are not where packages come from.
    text = re.sub(r'"funding": \{.*?\}', "", text, flags=re.DOTALL)
    assert not re.findall(r"(?:https?|git|file)\S*?:/\S*|--(?:index|extra-index|find-links)\S*", text)


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_every_package_has_one_version_and_hashes(name: str) -> None:
    for entry, hashes in entries(name):
        assert re.fullmatch(r"==[^,*]+", str(entry.specifier)), entry
        assert hashes > 0, entry


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (locks.RUNTIME, [*PROJECT["dependencies"], *EXTRAS["setup"]]),
        (locks.TEST, [*PROJECT["dependencies"], *EXTRAS["setup"], *EXTRAS["test"]]),
    ],
)
def test_the_lock_meets_what_the_project_asks_for(name: str, wanted: list[str]) -> None:
    locked = here(name)
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not in {name}: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} is {version} in {name}: run `make lock`"


def test_the_tests_run_on_the_versions_that_are_shipped() -> None:
    tested = here(locks.TEST)
    assert {name: tested.get(name) for name in here(locks.RUNTIME)} == here(locks.RUNTIME)
