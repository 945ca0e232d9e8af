"""How well a camera's troubles are told from weather and night: ``python -m bench.camera_health``.

Everything is drawn (``tests/scenery``), so that no threshold was found on anybody's pictures, and none is proved on
them either. One look stands for a minute. ``--places N``: so many places for each story. Places below 1000 were looked
at while the limits were chosen; the table is of others.
"""

import argparse
import copy
import statistics
import time
from collections import Counter
from typing import NamedTuple

import cv2
import numpy as np

from drivers.onvif.health.judge import Judge
from drivers.onvif.health.picture import look
from tests.scenery.place import place
from tests.scenery.story import ORDINARY, TROUBLE, Setting, Story
from tests.scenery.weather import Air, seen

STATES = ("ok", "dark", "covered", "defocused", "frozen", "moved")


class Played(NamedTuple):
    """What was said while it lasted (the first that was not ok), after how many looks, and whether it was ok again."""

    said: str
    after: int
    well: bool


def main() -> None:
    """Play every story at every place and print the tables of docs/performance.md."""
    words = argparse.ArgumentParser(description="Measure how a camera's pictures are judged.")
    words.add_argument("--places", type=int, default=20)
    words.add_argument("--first", type=int, default=1000, help="the seed of the first place")
    options = words.parse_args()
    cv2.setNumThreads(1)
    stages = [Stage(seed) for seed in range(options.first, options.first + options.places)]
    print(f"| what happens | should be | {' | '.join(STATES)} | told after, looks | ok again |")
    print("|---|---|" + "---|" * (len(STATES) + 2))
    right, all_of = 0, 0
    for story in (*ORDINARY, *TROUBLE):
        found = [stage.play(story) for stage in stages]
        counts = Counter(each.said for each in found)
        waits = [each.after for each in found if each.said == story.state and each.after]
        wait = f"{statistics.median(waits):.0f}, at most {max(waits)}" if waits else ""
        right, all_of = right + counts[story.state], all_of + len(found)
        cells = " | ".join(f"**{counts[each]}**" if each == story.state else str(counts[each] or "") for each in STATES)
        print(f"| {story.name} | {story.state} | {cells} | {wait} | {sum(each.well for each in found)} |", flush=True)
    print(f"\n{right} of {all_of} as they should be. {_cost()}")


class Stage:
    """A place with what a judge knows of it before anything happens, by whether it is night and whether it is new."""

    def __init__(self, seed: int) -> None:
        self._setting = Setting.of(seed)
        self._known: dict[tuple[bool, bool], Judge] = {}

    def play(self, story: Story) -> Played:
        """Return what is said of a story."""
        key = story.night, story.first
        if key not in self._known:
            self._known[key] = Judge()
            for jpeg in self._setting.before(night=story.night, first=story.first):
                self._known[key].take(look(jpeg))
        judge = copy.deepcopy(self._known[key])
        assert judge.state == "ok", f"{judge.state} before anything happened"
        said, after, looks = "ok", 0, 0
        for jpeg in (*self._setting.during(story), *self._setting.after(night=story.night)):
            state, looks = judge.take(look(jpeg)), looks + 1
            if said == "ok" and state != "ok":
                said, after = str(state), looks
        return Played(said, after, judge.state == "ok")


def _cost() -> str:
    """Return what a look at a picture of 1080 lines costs."""
    judge, costs = Judge(), []
    scene = place(3001, "gate")
    for k in range(60):
        lens = cv2.resize(seen(scene, Air(k)), (1920, 1080), interpolation=cv2.INTER_CUBIC)
        rough = np.random.default_rng(k).normal(0, 3, lens.shape)
        picture = np.clip(lens + rough, 0, 255).astype(np.uint8)
        jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
        began = time.process_time()
        judge.take(look(jpeg))
        costs.append(1000 * (time.process_time() - began))
    costs = sorted(costs[10:])
    size = f"1080 lines ({len(jpeg) // 1000} kB)"
    return f"A look at {size}: {costs[25]:.1f} ms of processor time, {costs[47]:.1f} ms at p95."


if __name__ == "__main__":
    main()
