"""The built front-end files: their hashed addresses, and the import map that gives modules their names."""

import json
from functools import cache
from pathlib import Path

import msgspec
from markupsafe import Markup
from msgspec import Struct

DIST = Path(__file__).parent / "dist"
STATIC = "/static/"

MODULES = {
    "lit": "lib/lit",
    "lit/directives": "lib/directives",
    "@sentralbord/sdk": "lib/sdk",
}
"""Names under which scripts of core and of plugins import what core offers: name → entry of the build."""


class NotBuilt(RuntimeError):
    """The front end has not been built."""


class Asset(Struct, frozen=True):
    """One entry of the build: its file below `dist`, and the files it imports at once."""

    file: str
    imports: tuple[str, ...] = ()


@cache
def manifest() -> dict[str, Asset]:
    """Entries of the build by name. Raises NotBuilt with the command that builds them."""
    try:
        return msgspec.json.decode((DIST / "manifest.json").read_bytes(), type=dict[str, Asset])
    except FileNotFoundError:
        raise NotBuilt(f"{DIST} has no manifest.json: run `npm ci && npm run build` in {DIST.parent}") from None


def asset_url(name: str) -> str:
    """Address of a built file; its content never changes. Raises KeyError for a name the build does not know."""
    return STATIC + manifest()[name].file


def preloads(name: str) -> list[str]:
    """Addresses of what an entry imports, to be fetched beside it."""
    return [STATIC + file for file in manifest()[name].imports]


def import_map(messages_url: str) -> Markup:
    """JSON of the page's import map."""
    imports = {name: asset_url(entry) for name, entry in MODULES.items()}
    imports["@sentralbord/messages"] = messages_url
    return Markup(json.dumps({"imports": imports}, separators=(",", ":")))  # noqa: S704  (our own addresses)
