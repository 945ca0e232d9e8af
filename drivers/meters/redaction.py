"""Frames without the numbers of the meters that are in them: a meter's number leads to a home."""

from collections.abc import Iterable, Iterator

from drivers.api.records import Frame
from drivers.meters.dialect import Dialect

_ANY = 0xAA


class Numbers:
    """Made-up addresses for real ones: 1 for the first meter, 2 for the next; pairs AA stay what they are."""

    def __init__(self) -> None:
        self._known: list[bytes] = []

    def instead_of(self, address: bytes) -> bytes:
        """Return the made-up address; one that reaches a known meter by its last digits gets that meter's."""
        plain = address.rstrip(bytes((_ANY,)))
        if not plain:
            return address
        place = next((at for at, one in enumerate(self._known) if one.startswith(plain)), len(self._known))
        if place == len(self._known):
            self._known.append(plain)
        made_up = bytes.fromhex(f"{place + 1:0{2 * len(address)}d}")[::-1]
        return made_up[: len(plain)] + address[len(plain) :]

    def scrubbed(self, data: bytes) -> bytes:
        """Return bytes that are no frame with the known addresses taken out."""
        for address in sorted(self._known, key=len, reverse=True):
            if len(address) > 1:
                data = data.replace(address, self.instead_of(address)[: len(address)])
        return data


def redacted(frames: Iterable[Frame], dialects: Iterable[Dialect], numbers: Numbers) -> Iterator[Frame]:
    """Yield ``frames`` with every address in a whole frame replaced, sums right again, and gone from damaged ones."""
    known = list(dialects)
    for frame in frames:
        yield frame._replace(data=_redacted(frame.data, known, numbers))


def _redacted(data: bytes, dialects: list[Dialect], numbers: Numbers) -> bytes:
    for dialect in dialects:
        found = dialect.reader().feed(data)
        if found:
            parts, rest = [], data
            for whole in found:
                before, _, rest = rest.partition(whole)
                parts += [numbers.scrubbed(before), dialect.renumbered(whole, numbers.instead_of)]
            return b"".join([*parts, numbers.scrubbed(rest)])
    return numbers.scrubbed(data)
