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
    english = [json.loads(path.read_text()) for path in FRONTEND.glob("*/words.en.json")]
    sources = "".join(path.read_text() for path in FRONTEND.glob("**/*.js"))
    said = set(
        re.findall(r"'([^'\n]*[\u4e00-\u9fff][^'\n]*)'", re.sub(r"//.*|/\*.*?\*/", "", sources))
    )
    assert said - set().union(*english) == set()
    assert set().union(*english) - said == set()
    assert len(set().union(*english)) == sum(len(words) for words in english)


def test_a_page_without_charts_is_light():
    main = assets.manifest()["main.js"]
    shared = [assets.manifest()[key]["file"] for key in main.get("imports", [])]
    assert sum(packed(file) for file in [main["file"], *shared]) < 120_000
    assert sum(packed(file) for file in main["css"]) < 110_000


def test_maps_and_charts_are_loaded_only_where_they_are_needed():
    main = assets.manifest()["main.js"]
    at_once = " ".join(assets.entry("main")["scripts"] + assets.entry("main")["preloads"])
    assert "leaflet" not in at_once
    assert "chart" not in at_once
    assert {"js/map.js", "js/chart.js"} <= set(main["dynamicImports"])


def test_the_lock_names_no_host():
    lock = (FRONTEND.parent / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "registry" not in lock
