"""Options that a device of a profile could have where nobody has said yet: to look with, and to be put right later."""

from config.address import Scalar
from config.profile import Option, Profile


def sample_options(profile: Profile) -> dict[str, Scalar | dict[str, int]]:
    """Return an option each where the file may name a terminal or must name a value: the first terminals in order.

    The distances of a level are the ends of what is allowed, the larger for the empty one.
    """
    empties = {level.empty for level in profile.levels}
    found = {}
    for name, option in profile.options.items():
        value = _sample(option, largest=name in empties)
        if value is not None:
            found[name] = value
    return found


def _sample(option: Option, *, largest: bool) -> Scalar | dict[str, int] | None:
    if option.default is not None:
        return option.default
    low, high = option.range if option.range is not None else (1, 1)
    match option.type:
        case "map":
            return {key: min(int(low) + place, int(high)) for place, key in enumerate(option.keys)}
        case "int":
            return int(high if largest else low) if not option.choices else option.choices[0]
        case "float":
            return high if largest else low
        case "str" if option.choices and option.required:
            return option.choices[0]
        case "bool" if option.required:
            return False
    return None
