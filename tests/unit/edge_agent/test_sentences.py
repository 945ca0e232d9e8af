"""Words become sentences in the asked language; a word that nobody foresaw is shown as it is."""

import re

import pytest

from edge_agent import sentences


@pytest.mark.parametrize(
    "word",
    [
        "cannot_connect", "timeout", "not_a_collector", "unknown_gateway", "bad_signature", "bad_certificate", "no_tls",
        "http_404", "no_collector", "not_authorized", "not_a_broker", "broker_refuses",
    ],
)  # fmt: skip
def test_known_words_are_sentences_in_both_languages(word: str) -> None:
    assert re.search(r"[一-鿿]", sentences.of_link(word, "zh"))
    assert not re.search(r"[一-鿿]", sentences.of_link(word, "en"))


def test_a_device_says_what_to_check_and_keeps_the_log_line() -> None:
    error = "timeout: no answer within 1 s"
    assert sentences.of_device(error, "zh") == f"无应答, 请检查电源、接线和通信地址 ({error})"
    assert sentences.of_device("", "zh") == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("line_lost: there is no adapter hci3 (there: hci0)", "there is no Bluetooth adapter hci3, there are: hci0"),
        ("line_lost: bluetoothd does not run: see systemctl status bluetooth", "systemctl enable --now bluetooth"),
        ("line_lost: silent for 90 s", "docs/wearables.md"),
        ("misconfigured: this user may not use Bluetooth: let it into the group", "usermod -aG bluetooth"),
    ],
)
def test_a_radio_has_no_cable_to_check(error: str, said: str) -> None:
    sentence = sentences.of_device(error, "en")
    assert said in sentence
    assert "cable" not in sentence
    assert sentence.endswith(f"({error})")


def test_a_line_that_is_no_radio_has_one() -> None:
    assert "cable" in sentences.of_device("line_lost: 10.0.0.1:502: no connection within 1 s", "en")
    assert "cable" in sentences.of_device("line_lost: /dev/ttyUSB0: Device or resource busy", "en")


def test_unknown_words_stay() -> None:
    assert sentences.of_link("http_418", "zh") == "http_418"
    assert sentences.of_device("odd: thing", "en") == "odd: thing"
