"""Number plates read from pictures on the box itself: no network, no GPU; importing this is cheap."""

from drivers.api.plates import ReadsPlates


def plate_reader(home: str = "") -> ReadsPlates:
    """Return a reader, its networks loaded; ``ModelsMissing`` when they are not installed.

    ``home`` is the province's character or the first two of the plates expected at this gate (``浙F``).
    """
    from drivers.plates.locate import Finder
    from drivers.plates.read import PlateReader
    from drivers.plates.recognise import TextLine

    return PlateReader(Finder(), TextLine(), home=home)
