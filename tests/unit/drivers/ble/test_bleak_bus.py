"""What bleak warns of on its own is kept out of the log where we say it, once and without an address."""

import inspect
import logging

import pytest
from bleak.backends.bluezdbus import client, manager

from drivers.ble.bleak_bus import SAID_OTHERWISE


@pytest.mark.parametrize("words", SAID_OTHERWISE)
def test_bleak_still_says_it(words: str) -> None:
    assert words in inspect.getsource(client) + inspect.getsource(manager)


@pytest.mark.parametrize("logger", [client.logger, manager.logger])
def test_an_address_is_not_told_at_each_attempt(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    logger.warning("Failed to cancel connection (/org/bluez/hci0/dev_C4_33_00_00_00_01): Not Connected")
    logger.warning("Something else")
    assert [record.message for record in caplog.records] == ["Something else"]
