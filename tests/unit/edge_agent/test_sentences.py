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


def test_unknown_words_stay() -> None:
    assert sentences.of_link("http_418", "zh") == "http_418"
    assert sentences.of_device("odd: thing", "en") == "odd: thing"
