"""Tells the collector what this gateway has: devices, points and commands, as the console needs to show them."""

from collections.abc import Mapping

from config.command_map import CommandMap
from config.settings import DeviceFacts, DeviceSettings, GatewaySettings
from edge_agent.plan import DevicePlan
from wire.inventory import ArgumentInfo, CommandInfo, DeviceInfo, Inventory, PointInfo


def make_inventory(settings: GatewaySettings, plans: Mapping[str, DevicePlan], at: int) -> Inventory:
    """Return the inventory of a configuration; ``at`` is microseconds since the epoch, UTC."""
    facts = settings.facts.devices
    devices = tuple(_device(each, plans[each.id], facts.get(each.id, DeviceFacts())) for each in settings.devices)
    return Inventory(at, settings.site.code, settings.site.name, settings.hash, devices)


def _device(device: DeviceSettings, plan: DevicePlan, facts: DeviceFacts) -> DeviceInfo:
    profile = device.profile
    points = tuple(PointInfo(p.key, p.kind, p.unit, p.values, p.period_s, p.key in plan.withheld) for p in plan.points)
    commands = tuple(_command(name, profile.commands[name]) for name in profile.commands_on(device.options))
    return DeviceInfo(
        device.id, device.name, profile.kind, profile.id, device.place, points, commands, facts.building, facts.person
    )


def _command(name: str, command: CommandMap) -> CommandInfo:
    args = {key: ArgumentInfo(*taken.range, taken.default) for key, taken in command.args.items()}
    return CommandInfo(name, args, command.confirm)
