"""A list as somebody's spreadsheet has it, read with every mistake by its line."""

from datetime import tzinfo

from config.lists import ListText, parse_list
from config.problems import Place, problem

NAME = "CSV"
"""What the text is called in messages."""


def read_text(text: str, zone: tzinfo, *, visits: bool) -> ListText:
    """Return what a CSV text of plates says; ``visits``: every entry must have an end."""
    read = parse_list(NAME, text.removeprefix("\ufeff"), zone, plates=True)
    if not visits or read.problems:
        return read
    endless = [plate for plate, (_, until) in read.entries.items() if until is None][:20]
    zh, en = "访客要写到哪天", "a visitor needs a last day"
    found = [problem("E138", Place(read.lines[plate], 1), zh=f"{plate} {zh}", en=f"{plate}: {en}") for plate in endless]
    return ListText(read.entries, read.notes, read.lines, found)
