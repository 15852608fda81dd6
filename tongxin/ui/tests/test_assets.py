"""What was built: words in both languages, and no heavier than promised."""

import gzip
import json
import re
from pathlib import Path

from tongxin.ui import assets

FRONTEND = Path(__file__).parents[3] / "frontend"


def packed(file):
    return len(gzip.compress((assets.DIST / file).read_bytes()))


def test_every_word_of_the_scripts_has_its_english():
    english = json.loads((FRONTEND / "js" / "words.en.json").read_text())
    sources = "".join(path.read_text() for path in FRONTEND.glob("**/*.js"))
    said = set(
        re.findall(r"'([^'\n]*[\u4e00-\u9fff][^'\n]*)'", re.sub(r"//.*|/\*.*?\*/", "", sources))
    )
    assert said - set(english) == set()
    assert set(english) - said == set()


def test_a_page_without_charts_is_light():
    main = assets.manifest()["main.js"]
    assert packed(main["file"]) < 120_000
    assert sum(packed(file) for file in main["css"]) < 110_000


def test_maps_and_charts_are_loaded_only_where_they_are_needed():
    chunks = assets.manifest()
    assert chunks["main.js"].get("imports", []) == []
    assert {"js/map.js", "js/chart.js"} <= set(chunks["main.js"]["dynamicImports"])


def test_the_lock_names_no_host():
    lock = (FRONTEND.parent / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "registry" not in lock
