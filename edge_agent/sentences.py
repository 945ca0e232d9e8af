"""What the agent's stable words mean to the technician at the box, and what to do, in Chinese and English."""

import re
from typing import Final

_LINK = {
    "cannot_connect": (
        "连不上汇聚端, 请检查地址、网络和防火墙",
        "cannot connect; check the address, network and firewall",
    ),
    "bad_certificate": (
        "汇聚端的证书不被信任: 自签证书要先装 CA (见 docs/operations.md 第 4 节), 并核对主机名和本机时间",
        "the collector's certificate is not trusted: install its CA (docs/operations.md, 4), check host name and date",
    ),
    "no_tls": (
        "这个地址不说 https, 请检查地址和端口",
        "this address does not speak https; check the address and the port",
    ),
    "timeout": ("汇聚端没有应答, 请检查网络", "the collector does not answer; check the network"),
    "broken_off": ("与汇聚端的连接中断", "the connection to the collector broke off"),
    "silence": ("与汇聚端的连接没有声息", "the connection to the collector fell silent"),
    "ended": ("汇聚端关闭了连接", "the collector closed the connection"),
    "not_a_collector": (
        "应答的不是汇聚端 (可能是上网认证页面或地址写错)",
        "what answers is no collector (a captive portal, or a wrong address)",
    ),
    "other_collector": ("应答的是另一台汇聚端, 不是登记时的那台", "another collector answers than the one enrolled at"),
    "http_404": (
        "这个地址上不是汇聚端, 请检查地址和端口",
        "no collector is at this address; check the address and the port",
    ),
    "http_502": ("汇聚端没有运行", "the collector is not running"),
    "http_503": ("汇聚端正忙", "the collector is busy"),
    "no_collector": (
        "MQTT 代理上没有汇聚端, 请检查汇聚端是否在运行、连的是否同一个代理",
        "no collector is at the MQTT broker; check that it runs and which broker it uses",
    ),
    "not_authorized": (
        "MQTT 代理不允许: 请核对 collector.username、password 和代理的权限",
        "the MQTT broker does not allow it; check collector.username, its password and the broker's access list",
    ),
    "not_a_broker": (
        "这个地址上不是 MQTT 代理, 请检查地址和端口",
        "no MQTT broker is at this address; check the address and the port",
    ),
    "broker_refuses": ("MQTT 代理拒绝连接, 请查看它的日志", "the MQTT broker refuses the connection; see its log"),
    "unknown_gateway": (
        "汇聚端不认识本网关 (可能已被吊销), 请重新登记: edge-agent enrol --replace",
        "the collector does not know this gateway (revoked?); enrol again: edge-agent enrol --replace",
    ),
    "bad_signature": (
        "汇聚端登记的是另一把密钥, 请重新登记: edge-agent enrol --replace",
        "the collector has another key for this gateway; enrol again: edge-agent enrol --replace",
    ),
}
_PICTURES = {
    "disk_slow": ("磁盘太慢, 有的没存上", "the disk is too slow for all of them"),
    "disk_full": ("磁盘没有空间, 没存", "the disk has no room for them"),
    "disk_failing": ("写盘出错, 没存, 请查看日志", "writing them failed; see the log"),
    "cannot_mask": (
        "要求打码, 而本机没装打码用的库, 没存: 装上 camera 或 plates 的依赖",
        "they are to be masked, and what masks them is not installed; install the dependencies of camera or plates",
    ),
    "broken_picture": ("相机给的图是坏的", "the camera gives broken pictures"),
    "empty": ("相机给的图是空的", "the camera gives empty pictures"),
    "too_large": ("图超过 4 MB, 请调低相机的抓拍画质", "a picture above 4 MB; lower the camera's picture quality"),
    "too_old": ("相机的时间太旧, 请校时", "the camera dates them too long ago; set its clock"),
}
_DEVICE = {
    "timeout": ("无应答, 请检查电源、接线和通信地址", "no answer; check power, wiring and address"),
    "corrupt": ("应答校验错, 请检查接线、波特率和校验位", "garbled answers; check wiring, baud rate and parity"),
    "line_lost": ("通信线路断开, 请检查网线、串口线或转换器", "the line is down; check the cable or the converter"),
    "device_refused": ("设备报错, 请核对型号", "the device answers with an error; check its model"),
    "misconfigured": ("配置与设备不符", "the configuration does not fit the device"),
    "not_supported": ("不支持这种设备", "this kind of device is not supported"),
    "silent": (
        "很久没有消息, 请检查设备的电池和它的无线网关",
        "not heard for long; check its battery and its radio gateway",
    ),
    "out_of_range": (
        "收不到它: 人走远了、没电或关机; 先问人, 再查电池和接收器",
        "out of reach: gone away, battery flat or switched off; ask after the person, then look at the battery",
    ),
    "gone": (
        "它的无线网关说它不在, 请检查电池和信号",
        "its radio gateway says that it is gone; check battery and signal",
    ),
    "no_slot": (
        "蓝牙连接已占满, 等别的设备断开; 总是这样就再加一个接收器",
        "the radio holds as many connections as it can; another has to end, or add a receiver",
    ),
    "driver_bug": ("网关程序出错, 请查看日志", "an error in the gateway's program; see the log"),
}

_RADIO = {
    "no_dbus": (
        "系统的 D-Bus 没有运行, 蓝牙要用它: sudo apt install dbus bluez, 再 sudo systemctl start dbus",
        "the system's D-Bus is not running: sudo apt install dbus bluez, then sudo systemctl start dbus",
    ),
    "no_daemon": (
        "蓝牙服务没有运行: sudo systemctl enable --now bluetooth; 没有装就先 sudo apt install bluez",
        "the Bluetooth service is not running: sudo apt install bluez, then sudo systemctl enable --now bluetooth",
    ),
    "no_adapter": (
        "没有蓝牙接收器 {wanted}, 现有: {known}; 插紧 USB 接收器, 或改 adapters",
        "there is no Bluetooth adapter {wanted}, there are: {known}; push the USB adapter in, or change adapters",
    ),
    "rfkill": (
        "蓝牙被软件关闭: sudo rfkill unblock bluetooth",
        "Bluetooth is switched off by software: sudo rfkill unblock bluetooth",
    ),
    "rfkill_hard": (
        "蓝牙被机器上的开关关闭 (无线开关或 BIOS), 软件打不开",
        "Bluetooth is switched off at the box itself (its radio switch or BIOS); no command can change that",
    ),
    "off": (
        "蓝牙接收器没有通电: bluetoothctl power on, 再看 /etc/bluetooth/main.conf 里的 AutoEnable=true",
        "the Bluetooth adapter is powered off: bluetoothctl power on, and AutoEnable=true in /etc/bluetooth/main.conf",
    ),
    "busy": (
        "蓝牙正被别的程序占着扫描, 等一会儿再试",
        "another program is scanning with this adapter; try again a little later",
    ),
    "no_right": (
        "没有权限用蓝牙: 在命令前加 sudo; 网关自己没有权限时: sudo usermod -aG bluetooth linli-agent, 再重启网关",
        "Bluetooth may not be used: put sudo before the command; for the agent: sudo usermod -aG bluetooth linli-agent",
    ),
    "deaf": (
        "蓝牙接收器什么都收不到, 网关正在恢复它; 见 docs/wearables.md 第 6 节",
        "the Bluetooth adapter hears nothing and is being brought back; see docs/wearables.md, 6",
    ),
}

_RADIO_SAYS: Final = (
    ("may not use bluetooth", "no_right"),
    ("does not let this user in", "no_right"),
    ("busy with another scan", "busy"),
    ("system bus", "no_dbus"),
    ("bluetoothd", "no_daemon"),
    ("daemon gone", "no_daemon"),
    ("no adapter", "no_adapter"),
    ("no such adapter", "no_adapter"),
    ("switched off", "off"),
    ("adapter off", "off"),
    ("adapter gone", "deaf"),
    ("daemon restarted", "deaf"),
    ("scan ended", "deaf"),
    ("silent for", "deaf"),
)
"""What the drivers of ``drivers.ble`` say of a radio, and the word for it; the first that fits."""

_ADAPTERS: Final = re.compile(r"no adapter (\S+) \(there: ([^)]*)\)")

_ENROLMENT = {
    "bad_url": (
        "汇聚端地址写法不对, 要写成 https://主机名 或 http://主机名:端口",
        "this cannot be a collector's address; write https://host or http://host:port",
    ),
    "bad_name": (
        "网关名写法不对, 只能用小写字母、数字和中间的 -",
        "this cannot be a gateway's name: lower-case letters, digits and inner hyphens",
    ),
    "already_enrolled": ("本机已登记过, 要换新身份请加 --replace", "already enrolled; --replace takes a new identity"),
    "bad_code": (
        "登记码无效、已用过、已过期, 或不是发给本网关的; 在汇聚端用 collector enrol 再取一个",
        "the code is unknown, used, expired or another's; take a new one with 'collector enrol' there",
    ),
    "other_protocol": ("汇聚端与本机的协议版本不同", "the collector speaks another protocol version"),
    "bad_answer": ("汇聚端的应答不对", "the collector's answer is wrong"),
    "cannot_write": (
        "状态目录写不进去, 请用运行网关的用户执行: sudo -u linli-agent edge-agent enrol …",
        "the state directory cannot be written; run it as the gateway's user: sudo -u linli-agent edge-agent enrol ...",
    ),
}


def of_link(word: str, lang: str) -> str:
    """Return what the link's ``word`` means, in ``zh`` or ``en``; the word itself where nothing is known of it."""
    return _said(_LINK, word, lang) or word


def of_device(error: str, lang: str) -> str:
    """Return what ails a device; ``error`` is ``word: detail`` and stays in brackets for the log's sake."""
    word = error.partition(":")[0]
    radio = radio_word(error) if word in ("line_lost", "misconfigured") else ""
    wanted, known = adapters_in(error)
    sentence = of_radio(radio, lang).format(wanted=wanted, known=known) or _said(_DEVICE, word, lang)
    return f"{sentence} ({error})" if sentence else error


def of_pictures(word: str, lang: str) -> str:
    """Return why pictures are not kept; the word itself where nothing is known of it."""
    return _said(_PICTURES, word, lang) or word


def radio_word(error: str) -> str:
    """Return the word of ``of_radio`` for what a radio's driver says, empty where that is nothing about the radio."""
    lower = error.lower()
    return next((word for part, word in _RADIO_SAYS if part in lower), "")


def adapters_in(error: str) -> tuple[str, str]:
    """Return which adapter an error misses and which are there instead, ``—`` where it does not say."""
    found = _ADAPTERS.search(error)
    return (found[1], found[2].replace("none", "—")) if found else ("", "—")


def of_radio(word: str, lang: str) -> str:
    """Return what keeps a radio from being used and what to do; ``{wanted}`` and ``{known}`` in it are adapters."""
    return _said(_RADIO, word, lang)


def of_enrolment(word: str, error: str, lang: str) -> str:
    """Return why an enrolment did not come about; ``error`` (the word and its detail) stays in brackets."""
    sentence = _said(_LINK | _ENROLMENT, word, lang)
    return f"{sentence} ({error})" if sentence else error


def _said(words: dict[str, tuple[str, str]], word: str, lang: str) -> str:
    zh, en = words.get(word, ("", ""))
    return en if lang == "en" else zh
