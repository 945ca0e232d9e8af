"""Reads one gateway file into settings, finding every mistake at once."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from config.buses import bus_settings, check_buses
from config.devices import Devices, FoundDevice, Shelf, resolve_devices
from config.document import Mapping, read_document
from config.facts import Facts, read_facts
from config.form import CollectorForm, GatewayForm, TransportForm
from config.hidden import Secret
from config.keys import check_keys
from config.masks import Masks
from config.notify import check_notify, resolve_notify
from config.pictures import check_pictures
from config.problems import Place, Problem, has_errors, in_order, located, problem
from config.profile import Profile
from config.resolution import resolve_rules
from config.rules import check_rules
from config.secrets import check_privacy, read_secrets
from config.settings import (
    BufferSettings,
    CollectorSettings,
    DeviceSettings,
    GatewaySettings,
    HealthSettings,
    PicturesSettings,
    PrivacySettings,
    RuleSettings,
    SiteSettings,
)
from config.shape import check_shape
from runtime.broker import broker_at, is_broker_url

_OPEN_WAY = re.compile(r"(?:http|mqtt)://(?!127\.0\.0\.1|localhost)")

_LARGEST = 4_000_000
"""Characters; a file beyond this is no gateway file, and reading it would take a minute."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a file: ``settings`` unless some problem is an error, and all problems in order of place."""

    settings: GatewaySettings | None
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether the file can be run (warnings allowed)."""
        return self.settings is not None


def load(
    path: Path, *, secrets_dir: Path | None = None, lists_dir: Path | None = None, profiles_dirs: tuple[Path, ...] = ()
) -> Loaded:
    """Read, check and resolve the gateway file at ``path``. Never raises for what is in the file.

    An unreadable file is a problem too. ``secrets_dir`` (default: ``secrets`` beside the file) holds what ``!secret``
    names, ``lists_dir`` (default: the file's folder) its lists; ``profiles_dirs`` are searched for profiles after the
    project's own.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        return _unreadable(path, *_missing(path, error))
    except UnicodeDecodeError:
        return _unreadable(path, "不是 UTF-8 编码", "it is not UTF-8", "用编辑器另存为 UTF-8", "save it as UTF-8")
    if len(text) > _LARGEST:
        return _unreadable(
            path, "太大, 不是网关配置", "it is too large for a gateway file", "检查路径", "check the path"
        )
    homes = (secrets_dir or path.parent / "secrets", lists_dir or path.parent)
    return _load_text(text, data, path.name, homes, Shelf(profiles_dirs))


def _missing(path: Path, error: OSError) -> tuple[str, str, str, str]:
    """Return why the file cannot be opened and what to do, each in both languages."""
    match error:
        case FileNotFoundError():
            return f"没有 {path}", f"there is no {path}", "检查路径", "check the path"
        case IsADirectoryError():
            return f"{path} 是文件夹", f"{path} is a folder", "写出里面的文件名", "name the file in it"
        case PermissionError():
            return f"{path} 不允许读", f"{path} may not be read", f"sudo chmod a+r {path}", f"sudo chmod a+r {path}"
    said = error.strerror or type(error).__name__
    return said, said, "检查路径和存储", "check the path and the disk"


def _unreadable(path: Path, zh: str, en: str, fix_zh: str, fix_en: str) -> Loaded:
    found = problem("E005", Place(1, 1), zh=zh, en=en, fix_zh=fix_zh, fix_en=fix_en)
    return Loaded(None, (located(found, path.name),))


def _load_text(text: str, data: bytes, name: str, homes: tuple[Path, Path], shelf: Shelf) -> Loaded:
    tree, problems = read_document(text)
    settings = None
    if tree is not None:
        form, wrong = check_shape(tree)
        devices = resolve_devices(tree, shelf)
        secrets, missing = read_secrets(tree, homes[0])
        problems += [*wrong, *devices.problems, *missing, *check_keys(devices, secrets), *check_privacy(tree)]
        facts = read_facts(tree, devices, homes[1])
        problems += [*check_buses(tree), *_check_collector(tree), *facts.problems, *check_rules(tree, devices, facts)]
        problems += [*check_notify(tree, devices), *check_pictures(tree)]
        if form is not None and not has_errors(problems):
            rules = resolve_rules(form, tree, devices, facts, name)
            settings = _settings(form, devices, secrets, rules, facts, hashlib.sha256(data).hexdigest()[:12])
    masks = Masks(text.splitlines(), tree, problems)
    found = (each if each.file else located(masks.apply(each), name) for each in in_order(problems))
    return Loaded(settings, tuple(found))


def _check_collector(tree: Mapping) -> Iterator[Problem]:
    """Check the way to the collector."""
    collector = tree.mapping("collector")
    url = collector.text("url")
    if url is None:
        return
    at = collector.entries["url"].place
    if _OPEN_WAY.match(url):
        yield problem("W302", at)
    if is_broker_url(url):
        try:
            broker_at(url)
        except ValueError:
            yield problem("E113", at, given=url, example="mqtts://broker.example:8883")


def _settings(
    form: GatewayForm, devices: Devices, secrets: dict[str, Secret], rules: tuple[RuleSettings, ...], facts: Facts,
    digest: str,
) -> GatewaySettings:  # fmt: skip
    return GatewaySettings(
        version=form.version,
        hash=digest,
        site=SiteSettings(**form.site.model_dump()),
        collector=_collector(form.collector, secrets),
        buffer=BufferSettings(
            path=form.buffer.path,
            flush_s=form.buffer.flush,
            flush_readings=form.buffer.flush_readings,
            max_bytes=form.buffer.max_size,
            keep_free_bytes=form.buffer.keep_free,
            alarm_reserve_bytes=form.buffer.alarm_reserve,
            keep_s=form.buffer.keep,
            card_endurance_bytes=form.buffer.card_endurance,
            card_years=form.buffer.card_years,
        ),
        health=HealthSettings(host=form.health.host, port=form.health.port),
        buses=tuple(bus_settings(name, bus, secrets) for name, bus in form.buses.items()),
        devices=tuple(_device(device, form, secrets) for device in devices.found.values()),
        rules=rules,
        facts=facts.site,
        privacy=PrivacySettings(whereabouts=form.privacy.whereabouts),
        pictures=PicturesSettings(
            keep_s=form.pictures.keep, max_bytes=form.pictures.max_size, personal=form.pictures.personal
        ),
        notify=resolve_notify(form.notify, secrets),
        secrets=secrets,
    )


def _collector(form: CollectorForm | None, secrets: dict[str, Secret]) -> CollectorSettings | None:
    if form is None:
        return None
    password = secrets[form.password] if form.password else None
    return CollectorSettings(url=form.url, username=form.username, password=password, timeout_s=form.timeout)


def _device(found: FoundDevice, form: GatewayForm, secrets: dict[str, Secret]) -> DeviceSettings:
    filled = form.devices[found.id]
    named = {key: found.options.get(key) for key, option in found.profile.options.items() if option.type == "secret"}
    return DeviceSettings(
        id=found.id,
        name=filled.name,
        bus=filled.bus or "",
        unit=filled.unit or 0,
        profile=with_habits(found.profile, filled.transport),
        every_s=filled.every,
        place=filled.place,
        options=found.options,
        secrets={key: secrets[name] for key, name in named.items() if isinstance(name, str)},
    )


def with_habits(profile: Profile, changes: TransportForm) -> Profile:
    """Return the profile with what the file says of this one device's habits."""
    given = changes.model_dump(exclude_none=True)
    if not given:
        return profile
    if "holes" in given:
        given["holes"] = {
            table: tuple((first, last) for first, last in ranges) for table, ranges in given["holes"].items()
        }
    return replace(profile, transport=replace(profile.transport, **given))
