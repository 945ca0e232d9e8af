"""What a rule has the gateway do by itself: held against the devices that are to do it, and resolved to commands."""

from collections.abc import Iterator, Sequence

from config.catalog import ClassRule, DeviceClass
from config.command_map import CommandMap
from config.devices import Devices, FoundDevice
from config.document import Mapping, Scalar
from config.document import Sequence as Items
from config.problems import Place, Problem, near, problem
from config.rule_form import ActionForm
from config.settings import ActionSettings
from config.shape import unknown_key


def check_actions(node: Mapping, where: str, devices: Devices, raising: Sequence[FoundDevice]) -> Iterator[Problem]:
    """Yield what is wrong with the key ``action`` of the rule in ``node`` beyond its shape.

    ``where`` is the rule's path; ``raising`` are the devices that can raise its alert.
    """
    told: set[tuple[str, str]] = set()
    for action in _written(node):
        command = action.get("command")
        if not isinstance(command, Scalar) or not isinstance(command.value, str):
            continue
        found: list[tuple[FoundDevice, Place]] = []
        yield from _devices(action, devices, found)
        if action.get("devices") is None:
            yield from _by_itself(command, raising)
            found = [(device, command.place) for device in raising]
        else:
            yield from _by_others(command, found)
        for device, at in found:
            if (command.value, device.id) in told:
                yield problem("E131", at, given=command.value, device=device.id)
            told.add((command.value, device.id))
            offer = _offers(device).get(command.value)
            if offer is not None:
                yield from _arguments(action, offer, f"{where}.action.args")


def check_order(node: Mapping, where: str, device: FoundDevice) -> Iterator[Problem]:
    """Yield what is wrong with the keys ``command`` and ``args`` of ``node`` (its path: ``where``) for ``device``."""
    command = node.get("command")
    if not isinstance(command, Scalar) or not isinstance(command.value, str):
        return
    offer = _offers(device).get(command.value)
    if offer is None:
        yield _not_offered("E129", command.place, command, [device])
    else:
        yield from _arguments(node, offer, f"{where}.args")


def own_actions(forms: Sequence[ActionForm]) -> tuple[ActionSettings, ...]:
    """Return what a file says that a rule does."""
    return tuple(
        ActionSettings(command=form.command, devices=tuple(form.devices or ()), args=dict(form.args)) for form in forms
    )


def default_actions(
    rule: ClassRule, kind: DeviceClass, devices: Sequence[FoundDevice], raising: tuple[str, ...]
) -> list[tuple[tuple[str, ...], tuple[ActionSettings, ...]]]:
    """Return the devices ``raising`` a default rule's alert, in parts that do the same about it.

    ``devices`` are all of the class. Nothing is done where the rule's ``action`` is no command of the class, or one
    that needs to be told more, and by no device whose profile does not have it.
    """
    command = kind.command(rule.action)
    if command is None or any(argument.default is None for argument in command.args.values()):
        return [(raising, ())]
    able = tuple(device.id for device in devices if command.name in _offers(device))
    if command.everywhere:
        return [(raising, (ActionSettings(command=command.name, devices=able),) if able else ())]
    doing = tuple(device for device in raising if device in able)
    rest = tuple(device for device in raising if device not in able)
    parts = [(doing, (ActionSettings(command=command.name),)), (rest, ())]
    return [(part, actions) for part, actions in parts if part]


def _written(node: Mapping) -> Iterator[Mapping]:
    found = node.get("action")
    for each in found.items if isinstance(found, Items) else (found,):
        if isinstance(each, Mapping):
            yield each


def _devices(action: Mapping, devices: Devices, found: list[tuple[FoundDevice, Place]]) -> Iterator[Problem]:
    """Put the devices that ``action`` names into ``found``, each with its place."""
    named = action.get("devices")
    for item in named.items if isinstance(named, Items) else ():
        if not isinstance(item.value, str):
            continue
        if item.value not in devices.ids:
            yield problem("E122", item.place, given=item.value, **near(item.value, devices.ids))
        elif item.value in devices.found:
            found.append((devices.found[item.value], item.place))


def _by_others(command: Scalar, found: Sequence[tuple[FoundDevice, Place]]) -> Iterator[Problem]:
    for device, at in found:
        if command.value not in _offers(device):
            yield _not_offered("E129", at, command, [device])


def _by_itself(command: Scalar, raising: Sequence[FoundDevice]) -> Iterator[Problem]:
    unable = [device for device in raising if command.value not in _offers(device)]
    if unable:
        yield _not_offered("E130", command.place, command, unable)


def _not_offered(code: str, at: Place, command: Scalar, devices: Sequence[FoundDevice]) -> Problem:
    offers = _offers(devices[0])
    return problem(
        code, at, given=command.value, device=", ".join(device.id for device in devices),
        known=", ".join(offers) or "—", **near(str(command.value), offers),
    )  # fmt: skip


def _offers(device: FoundDevice) -> dict[str, CommandMap]:
    return {name: device.profile.commands[name] for name in device.profile.commands_on(device.options)}


def _arguments(action: Mapping, offer: CommandMap, where: str) -> Iterator[Problem]:
    args = action.mapping("args")
    for name, given in args.entries.items():
        allowed = offer.args.get(name)
        if allowed is None:
            yield unknown_key(name, where, args.keys[name], offer.args)
        elif isinstance(given.value, int) and not allowed.range[0] <= given.value <= allowed.range[1]:
            low, high = allowed.range
            yield problem("E108", given.place, given=given.value, low=low, high=high)
