"""What the optional libraries of beacons bring into a gateway, and what they must not."""

import subprocess
import sys

import pytest

_SCRIPT = """
import sys
from drivers.ble.formats.registry import stateful
stateful(sys.argv[1], None)
sys.exit("aiohttp" in sys.modules)
"""


@pytest.mark.parametrize("format_", ["bthome", "mibeacon"])
def test_no_client_of_a_maker_s_cloud_comes_with_a_parser(format_: str) -> None:
    assert subprocess.run([sys.executable, "-c", _SCRIPT, format_], check=False).returncode == 0
