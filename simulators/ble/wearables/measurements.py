"""The measurements of the Bluetooth SIG's health services as devices write them into their characteristics."""

from simulators.ble.wearables.numbers import date_time, medical_float, sfloat


def heart_rate(
    bpm: int, *, contact: bool | None = None, energy_kj: int | None = None, rr_ms: int | None = None
) -> bytes:
    """Return a value of 2A37; ``contact`` is ``None`` for a sensor that cannot tell."""
    wide = bpm > 255
    flags = (
        wide | (0 if contact is None else 4 | contact << 1) | (energy_kj is not None) << 3 | (rr_ms is not None) << 4
    )
    body = bpm.to_bytes(2 if wide else 1, "little")
    if energy_kj is not None:
        body += energy_kj.to_bytes(2, "little")
    if rr_ms is not None:
        body += round(rr_ms * 1.024).to_bytes(2, "little")
    return bytes([flags]) + body


def blood_pressure(
    systolic: float | None,
    diastolic: float | None,
    mean: float | None,
    *,
    pulse: float | None = None,
    at: int | None = None,
    status: int | None = None,
) -> bytes:
    """Return a value of 2A35 in mmHg; ``at`` is when (µs since the epoch), ``status`` the bits of how it went."""
    flags = (at is not None) << 1 | (pulse is not None) << 2 | (status is not None) << 4
    body = sfloat(systolic) + sfloat(diastolic) + sfloat(mean)
    if at is not None:
        body += date_time(at)
    if pulse is not None:
        body += sfloat(pulse)
    if status is not None:
        body += status.to_bytes(2, "little")
    return bytes([flags]) + body


def temperature(celsius: float | None, *, at: int | None = None, site: int | None = None) -> bytes:
    """Return a value of 2A1C; ``site`` is where on the body (1 armpit, 3 ear, 6 mouth)."""
    flags = (at is not None) << 1 | (site is not None) << 2
    body = medical_float(celsius)
    if at is not None:
        body += date_time(at)
    if site is not None:
        body += bytes([site])
    return bytes([flags]) + body


def oximetry(spo2: float | None, pulse: float | None) -> bytes:
    """Return a value of 2A5F without any of its optional parts."""
    return bytes([0]) + sfloat(spo2) + sfloat(pulse)


def weight(kg: float, *, at: int | None = None) -> bytes:
    """Return a value of 2A9D, in steps of 5 g."""
    body = round(kg / 0.005).to_bytes(2, "little")
    if at is not None:
        body += date_time(at)
    return bytes([(at is not None) << 1]) + body
