"""Style sheets that come with some pages fall into the layers as the first one orders them."""

import re
from pathlib import Path

import pytest

from cmhub.config import PROJECT
from cmhub.frontend import BUILT

ORDER = re.compile(r"^@layer ([\w, ]+);", re.MULTILINE)
SHEETS = [path for path in sorted((PROJECT / "assets").glob("*.css")) if path.stem != "cmhub"]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.stem)
def test_a_sheet_that_may_come_first_orders_the_layers(sheet: Path) -> None:
    words = sheet.read_text()
    if "@layer" not in words:
        return
    said = ORDER.search(words)
    assert said is not None, "it would put its own layer under the resets"
    (first,) = (BUILT / "assets").glob("__reflex_global_styles-*.css")
    built = re.findall(r"@layer ([\w-]+)\{", first.read_text())
    known = [name for name in built if name != "daisyui"]
    assert said.group(1).split(", ") == known
