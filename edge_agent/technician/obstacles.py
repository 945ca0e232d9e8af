"""Sentences for a line that cannot be used now, and what to do about it."""

from edge_agent.technician.ports import Obstacle, serial_ports

_TEXTS = {
    "held": (
        "{what} 正被 {holder} 占用, 一个串口同时只能有一个程序用",
        "{what} is in use by {holder}; a serial port serves one program at a time",
    ),
    "shared": (
        "本机已有程序 (一般是网关) 连着 {what}; 透传的线两边同时问会互相打乱",
        "a program of this box, most likely the agent, is connected to {what}; two who ask there spoil each other",
    ),
    "missing": ("没有串口 {what}; 现有: {known}", "there is no serial port {what}; there are: {known}"),
    "forbidden": (
        "没有权限打开 {what}: 在命令前加 sudo -u linli-agent",
        "{what} may not be opened: put sudo -u linli-agent before the command",
    ),
    "broken": ("{what} 打不开: {holder}", "{what} cannot be opened: {holder}"),
}
_STOP = (
    "。先停网关: sudo systemctl stop linli-agent, 做完再 start; 只看报文不用停: edge-agent frames",
    ". Stop the agent first: sudo systemctl stop linli-agent, and start it afterwards; or only look: edge-agent frames",
)


def of_obstacle(found: Obstacle, lang: str) -> str:
    """Return one sentence, with the remedy, in ``zh`` or ``en``."""
    english = lang == "en"
    somebody = "another program" if english else "别的程序"
    known = ", ".join(serial_ports()) if found.word == "missing" else ""
    text = _TEXTS[found.word][english].format(what=found.what, holder=found.holder or somebody, known=known or "—")
    return text + _STOP[english] if found.agent else text
