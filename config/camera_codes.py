"""The mistakes that concern cameras, their pictures and what is read in them, worded in both languages."""

from typing import Final

CAMERAS: Final[dict[str, tuple[str, str, str, str]]] = {
    "E215": (
        "“{given}” 不是设备的地址",
        "“{given}” is no device's address",
        "写 http://192.168.1.64 或 https://192.168.1.64:8443; 用户名和口令另写 user 和 password, 后面不带路径",
        "write http://192.168.1.64 or https://192.168.1.64:8443, with no path; user and password have their own keys",
    ),
    "E216": (
        "“{given}” 不是证书指纹",
        "“{given}” is no certificate's fingerprint",
        "指纹是 SHA-256, 64 位十六进制数; 用 edge-agent discover --onvif 看相机现在用的是哪一个",
        "it is the SHA-256, 64 hex digits; edge-agent discover --onvif shows what the camera presents",
    ),
    "E217": (
        "{given} 只对 https 地址有用",
        "{given} is for https addresses only",
        "把 address 写成 https://…, 或删掉这一行",
        "write address as https://…, or delete this line",
    ),
    "E218": (
        "相机来报, 总线 {bus} 却没有开端口",
        "the camera is to call, and bus {bus} has no port for it",
        "在总线下写 push_port: 8321, 相机里填同一个端口",
        "write push_port: 8321 at the bus, and the same port into the camera",
    ),
    "E219": (
        "{given} 已经是 {other} 了",
        "{given} is {other} already",
        "一台相机写一次; 录像机有多个通道时, 每台写自己的 channel",
        "one camera is one device; of a recorder with several channels give each its own channel",
    ),
    "E230": (
        "{why} 就不留图了, {key} 不起作用",
        "with {why} no picture is kept, and {key} says nothing",
        "去掉 {key}; 要留打了码的图, 写 personal: mask",
        "leave {key} out; to keep pictures in which nobody can be read write personal: mask",
    ),
}
"""Of each: sentence zh, sentence en, remedy zh, remedy en."""
