"""Everything that is held against a real homeserver, held against the stand-in."""

from tests.contract.test_matrix import *  # noqa: F403  # every test of the contract
from tests.contract.test_matrix_writing import *  # noqa: F403

pytestmark = []
