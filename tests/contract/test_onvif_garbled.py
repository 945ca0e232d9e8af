"""Whatever is changed in a camera's answers, who asked gets an answer or an error of our own."""

import dataclasses
import random
import re

import pytest

from drivers.api import DriverError
from tests.contract.cameras import asking, station
from tests.contract.test_onvif_hostile import QUESTIONS

ROUNDS = 30
WORDS = (
    b"",
    b"-1",
    b"NaN",
    b"1e999",
    b"\xff\xfe",
    b"&amp;",
    b"9" * 400,
    b"http://[",
    b"//",
    b"2026-13-45T99:99:99Z",
    b"\x00",
)


def garbled(body: bytes, dice: random.Random) -> bytes:
    """Return ``body`` with one thing wrong: bytes gone or doubled, an element renamed or emptied, a text replaced."""
    at, end = sorted(dice.randrange(len(body) + 1) for _ in range(2))
    match dice.randrange(5):
        case 0:
            return body[:at] + body[end:]
        case 1:
            return body[:end] + body[at:]
        case 2:
            names = sorted(set(re.findall(rb"<(\w+:\w+)", body)))
            return body.replace(dice.choice(names), b"x:Other") if names else body
        case 3:
            texts = sorted(set(re.findall(rb">([^<>]+)<", body)))
            return body.replace(b">" + dice.choice(texts) + b"<", b">" + dice.choice(WORDS) + b"<") if texts else body
        case _:
            return body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :]


@pytest.mark.parametrize("question", QUESTIONS)
async def test_nothing_else_comes_of_it(question: str) -> None:
    dice = random.Random(question)
    said = []
    async with station() as camera, asking(camera) as calls:
        camera.edit = lambda answer: dataclasses.replace(answer, body=garbled(answer.body, dice))
        for _ in range(ROUNDS):
            try:
                await QUESTIONS[question](calls)
            except DriverError as error:
                said.append(str(error))
    assert said
    assert all(one.isprintable() and len(one) < 400 for one in said)
