"""Our stand-ins of outside services beside the services' published descriptions.

Not part of the ordinary run: `make check-descriptions DIR=folder`.
"""

import json
from pathlib import Path

from tests.support.descriptions import STAND_INS, objection


def test_the_description_can_be_read(description_file: Path) -> None:
    assert json.loads(description_file.read_text())["info"]["title"]


def test_every_stand_in_speaks_as_described(description_file: Path) -> None:
    description = json.loads(description_file.read_text())
    exchanges = STAND_INS.get(description_file.name, ())
    assert [fault for one in exchanges if (fault := objection(description, one))] == []
