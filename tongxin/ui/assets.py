"""What `make assets` has built: the manifest of scripts and styles, and the icons."""

import json
from functools import lru_cache
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

DIST = Path(__file__).parent / "static" / "ui" / "dist"


class AssetsMissing(ImproperlyConfigured):
    """The front end has not been built, or lacks what a page asks for."""

    def __init__(self, missing):
        super().__init__(
            f"{missing} is missing from {DIST}: run `make assets` to build the front end"
        )


@lru_cache
def _read(path: Path, modified_at: int) -> dict:
    return json.loads(path.read_text())


def _load(name: str) -> dict:
    path = DIST / name
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise AssetsMissing(name) from None


def manifest() -> dict:
    """Return Vite's manifest: source name → {"file", "css", "imports", …}."""
    return _load("manifest.json")


def url(file: str) -> str:
    return static(f"ui/dist/{file}")


def entry(name: str) -> dict:
    """Return {"scripts", "styles", "preloads"}, lists of URLs, of the entry `name`.

    Raises AssetsMissing if the front end has not been built.
    """
    chunks = manifest()
    try:
        chunk = chunks[f"{name}.js"]
    except KeyError:
        raise AssetsMissing(f"the entry {name}.js") from None
    imported = [chunks[key] for key in chunk.get("imports", [])]
    styles = [file for part in [*imported, chunk] for file in part.get("css", [])]
    return {
        "scripts": [url(chunk["file"])],
        "styles": [url(file) for file in styles],
        "preloads": [url(part["file"]) for part in imported],
    }


def shell() -> list[str]:
    """Return the URLs that the service worker keeps for use without a network: the entry and its styles."""
    parts = entry("main")
    return [*parts["scripts"], *parts["preloads"], *parts["styles"]]


def closure(name: str) -> list[str]:
    """Return the URLs of everything the entry `name` may ever load, what it loads later included.

    Raises AssetsMissing if the front end has not been built.
    """
    chunks, seen, files = manifest(), set(), []
    waiting = [f"{name}.js"]
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        try:
            chunk = chunks[key]
        except KeyError:
            raise AssetsMissing(f"the entry {key}") from None
        files += [chunk["file"], *chunk.get("css", []), *chunk.get("assets", [])]
        waiting += [*chunk.get("imports", []), *chunk.get("dynamicImports", [])]
    return [url(file) for file in dict.fromkeys(files)]


def icon(name: str) -> str:
    """Return what stands between the <svg> tags of the Tabler outline icon `name`."""
    try:
        return _load("icons.json")[name]
    except KeyError:
        raise AssetsMissing(f"the icon {name!r}") from None
