"""What the bytes of a Modbus frame say, for a person: unit, function, addresses, values, checksum; purely.

Layouts: "MODBUS Application Protocol Specification V1.1b3", 6 and 7; "MODBUS over Serial Line" V1.02, 2.5.1.
"""

from typing import Final

from drivers.api.records import Lang
from drivers.modbus.framing import is_whole
from drivers.modbus.pdu import READ_INPUTS, READS, WRITE_COIL, WRITE_COILS, WRITE_REGISTERS, WRITES

_SHORTEST = 4
_MBAP = 7
_WORDS_SHOWN = 16

_TABLES: Final[dict[int, tuple[str, str]]] = {
    1: ("线圈", "coils"),
    2: ("离散输入", "discrete inputs"),
    3: ("保持寄存器", "holding registers"),
    4: ("输入寄存器", "input registers"),
    5: ("线圈", "coil"),
    6: ("保持寄存器", "holding register"),
    15: ("线圈", "coils"),
    16: ("保持寄存器", "holding registers"),
}
_EXCEPTIONS: Final[dict[int, tuple[str, str]]] = {
    1: ("功能码不支持", "illegal function"),
    2: ("地址不存在", "illegal data address"),
    3: ("数值或长度不允许", "illegal data value"),
    4: ("设备故障", "device failure"),
    5: ("已收到, 仍在处理", "acknowledged, still working"),
    6: ("设备忙", "device busy"),
    8: ("存储校验错", "memory parity error"),
    10: ("网关无通路", "gateway path unavailable"),
    11: ("网关后的设备无应答", "gateway target does not answer"),
}
_TEXTS: Final = {
    "zh": {
        "unit": "地址 {}",
        "everybody": "广播",
        "read": "读{} {}",
        "write": "写{} {} = {}",
        "holds": "{} {} = {}",
        "done": "已写{} {}",
        "refuses": "异常 {} ({})",
        "function": "功能码 {}",
        "good": "校验正确",
        "bad": "校验错",
        "noise": "不是完整的报文",
    },
    "en": {
        "unit": "unit {}",
        "everybody": "broadcast",
        "read": "read {} {}",
        "write": "write {} {} = {}",
        "holds": "{} {} = {}",
        "done": "written: {} {}",
        "refuses": "exception {} ({})",
        "function": "function {}",
        "good": "crc ok",
        "bad": "crc wrong",
        "noise": "no whole frame",
    },
}


def meaning(data: bytes, asked: bytes, lang: Lang, *, tcp: bool, sent: bool) -> str:
    """Return what one frame says, ``unit 11 · read holding registers 5..6 · crc ok``.

    ``asked`` is the request before it, which an answer's addresses are taken from; it may be empty or another's.
    """
    texts = _TEXTS[lang]
    unit, pdu, check = _opened(data, texts, tcp=tcp)
    if not pdu:
        return " · ".join(part for part in (texts["noise"], check) if part)
    asked_unit, asked_pdu, _ = _opened(asked, texts, tcp=tcp)
    said = _asks(pdu, lang) if sent else _answers(pdu, asked_pdu if asked_unit == unit else b"", lang)
    who = texts["everybody"] if unit == 0 and not tcp else texts["unit"].format(unit)
    return " · ".join(part for part in (who, said, check) if part)


def _opened(data: bytes, texts: dict[str, str], *, tcp: bool) -> tuple[int, bytes, str]:
    """Return unit, PDU and what there is to say of the frame itself; an empty PDU where it is none."""
    if tcp:
        whole = len(data) > _MBAP and data[2:4] == b"\0\0" and int.from_bytes(data[4:6], "big") == len(data) - 6
        return (data[6], data[7:], f"#{int.from_bytes(data[:2], 'big')}") if whole else (0, b"", "")
    if len(data) < _SHORTEST:
        return 0, b"", ""
    if not is_whole(data):
        return data[0], b"", texts["bad"]
    return data[0], data[1:-2], texts["good"]


def _asks(pdu: bytes, lang: Lang) -> str:
    texts, function = _TEXTS[lang], pdu[0]
    if len(pdu) < 5 or function not in READS | WRITES:
        return texts["function"].format(function)
    table, address, number = _table(function, lang), int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
    if function in READS:
        return texts["read"].format(table, _span(address, number))
    if function in (WRITE_COILS, WRITE_REGISTERS):
        return texts["write"].format(table, _span(address, number), _data(function, pdu[6:]))
    return texts["write"].format(table, address, _data(function, pdu[3:5]))


def _answers(pdu: bytes, asked: bytes, lang: Lang) -> str:
    texts, function = _TEXTS[lang], pdu[0]
    if function & 0x80 and len(pdu) > 1:
        zh, en = _EXCEPTIONS.get(pdu[1], ("?", "?"))
        return texts["refuses"].format(pdu[1], zh if lang == "zh" else en)
    if function in READS and len(pdu) > 1:
        where = _span(int.from_bytes(asked[1:3], "big"), int.from_bytes(asked[3:5], "big")) if len(asked) > 4 else ""
        holds = texts["holds"].format(_table(function, lang), where, _data(function, pdu[2:]))
        return holds.replace("  ", " ")
    if function in WRITES and len(pdu) == 5:
        address, number = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        many = function in (WRITE_COILS, WRITE_REGISTERS)
        return texts["done"].format(_table(function, lang), _span(address, number) if many else address)
    return texts["function"].format(function)


def _table(function: int, lang: Lang) -> str:
    zh, en = _TABLES[function]
    return zh if lang == "zh" else en


def _span(address: int, count: int) -> str:
    return str(address) if count <= 1 else f"{address}..{address + count - 1}"


def _data(function: int, data: bytes) -> str:
    """Return bits from the lowest address on, or registers in hexadecimal, the first few of either."""
    if function <= READ_INPUTS or function == WRITE_COILS:
        return " ".join(f"{byte:08b}"[::-1] for byte in data[:_WORDS_SHOWN]) + (" …" * (len(data) > _WORDS_SHOWN))
    if function == WRITE_COIL and data in (b"\xff\x00", b"\x00\x00"):
        return "1" if data[0] else "0"
    words = [data[at : at + 2].hex().upper() for at in range(0, len(data), 2)]
    return " ".join(words[:_WORDS_SHOWN]) + (" …" * (len(words) > _WORDS_SHOWN))
