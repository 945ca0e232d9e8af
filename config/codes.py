"""Every mistake a gateway file can contain: its stable code, what is said and what to write instead, zh and en.

Templates take the fields that the check supplies. E stops the file from being used, W does not. A code is never reused.
"""

from typing import NamedTuple

from config.camera_codes import CAMERAS
from config.notify_codes import NOTIFY
from config.rule_codes import RULES


class Wording(NamedTuple):
    """The sentence and the remedy, in both languages; templates for ``str.format``."""

    zh: str
    en: str
    fix_zh: str
    fix_en: str


CODES: dict[str, Wording] = {
    # the file itself
    "E001": Wording("YAML 写法有误: {zh}", "not valid YAML: {en}", "{fix_zh}", "{fix_en}"),
    "E002": Wording(
        "“{key}”出现了两次",
        "“{key}” appears twice",
        "第一次在第 {first} 行; 给其中一个换个名字",
        "it is first on line {first}; rename one of them",
    ),
    "E003": Wording("冒号后面少了一个空格", "a space is missing after the colon", "写成 {key}: …", "write {key}: …"),
    "E004": Wording(
        "缩进用了 Tab 键", "the indentation is a tab", "改成空格 (每层两个)", "use spaces, two for each level"
    ),
    "E005": Wording(
        "读不了这个文件: {zh}",
        "the file cannot be read: {en}",
        "{fix_zh}",
        "{fix_en}",
    ),
    "E006": Wording(
        "配置里不用 & 和 * 别名",
        "anchors and aliases (& and *) are not used here",
        "把内容直接写出来",
        "write the content out",
    ),
    "E007": Wording("这里是中文标点: {zh}", "Chinese punctuation: {en}", "{fix_zh}", "{fix_en}"),
    # words and values
    "E101": Wording("“{key}”不是 {where} 的选项", "“{key}” is not an option of {where}", "{fix_zh}", "{fix_en}"),
    "E102": Wording("{where} 缺少 “{key}”", "{where} has no “{key}”", "{fix_zh}", "{fix_en}"),
    "E103": Wording(
        "“{given}” 没有时间单位",
        "“{given}” has no time unit",
        "写成 {given}ms (毫秒)、{given}s (秒)、{given}m (分) 或 {given}h (小时)",
        "write {given}ms (milliseconds), {given}s, {given}m (minutes) or {given}h",
    ),
    "E104": Wording("这里要写{zh}", "{en} belongs here", "{fix_zh}", "{fix_en}"),
    "E105": Wording(
        "串口格式 “{given}” 不存在",
        "there is no serial format “{given}”",
        "常见的是 8N1; DL/T 645 与 CJ/T 188 表计用 8E1",
        "usual is 8N1; DL/T 645 and CJ/T 188 meters use 8E1",
    ),
    "E106": Wording(
        "没有型号 “{given}”",
        "there is no profile “{given}”",
        "{near_zh}全部型号: edge-agent profiles",
        "{near_en}all of them: edge-agent profiles",
    ),
    "E107": Wording(
        "没有总线 “{given}”", "there is no bus “{given}”", "{near_zh}已定义: {known}", "{near_en}defined: {known}"
    ),
    "E108": Wording(
        "{given} 超出范围",
        "{given} is out of range",
        "写 {low} 到 {high} 之间的数",
        "write a number from {low} to {high}",
    ),
    "E109": Wording(
        "“{given}” 不在可选范围内",
        "“{given}” is not a choice here",
        "{near_zh}可选: {known}",
        "{near_en}there are: {known}",
    ),
    "E110": Wording(
        "“{given}” 不是蓝牙地址",
        "“{given}” is not a Bluetooth address",
        '形如 "C8:0F:10:00:00:01", 加引号',
        'like "C8:0F:10:00:00:01", in quotes',
    ),
    "E111": Wording(
        "{profile} 不能接在 {type} 总线上",
        "{profile} cannot be reached over {type}",
        "它能接: {known}",
        "it can be reached over: {known}",
    ),
    "E112": Wording(
        "“{given}” 不能作编号",
        "“{given}” cannot be an id",
        "用小写字母、数字和 - 或 _, 以字母或数字开头",
        "use lower-case letters, digits and - or _, starting with a letter or digit",
    ),
    "E113": Wording("地址 “{given}” 写法不对", "“{given}” is not an address", "形如 {example}", "like {example}"),
    "E114": Wording(
        "“{given}” 没有容量单位",
        "“{given}” has no unit of size",
        "写成 {given}MB 或 {given}GB",
        "write {given}MB or {given}GB",
    ),
    "E115": Wording(
        "“{given}” 不能作小区编号",
        "“{given}” cannot be the code of a community",
        "用小写字母、数字和中间的 -, 3 到 63 个字符, 例如 330402-demo-a",
        "use 3 to 63 lower-case letters, digits and inner hyphens, like 330402-demo-a",
    ),
    "E116": Wording(
        "“{given}” 不是 {digits} 位表号",
        "“{given}” is not a meter address of {digits} digits",
        '加英文引号写满 {digits} 位, 例如 "{example}"; 不加引号, 前面的 0 会丢',
        'write all {digits} digits in quotes, like "{example}"; without quotes leading zeros are lost',
    ),
    # the site as a whole
    "E201": Wording(
        "{port} 已给总线 {other} 用了",
        "{port} is used by bus {other} already",
        "同一个口上的设备写在同一条总线下",
        "put the devices of one port on one bus",
    ),
    "E202": Wording(
        "{bus} 地址 {unit} 已给 {other} 用了",
        "unit {unit} on {bus} is used by {other} already",
        "每台设备一个地址, 先改设备地址再写到这里",
        "give each device its own address, on the device first",
    ),
    "E203": Wording(
        "{what_zh} {given} 已给 {other} 用了",
        "{what_en} {given} is used by {other} already",
        "同一块板上每路只能给一台设备; 共用会同时动作",
        "one channel of a board serves one device; shared, both would act",
    ),
    "E204": Wording(
        "满距 {full} 不小于空距 {empty}",
        "the full distance {full} is not less than the empty distance {empty}",
        "距离从桶盖量到垃圾表面: 空桶远, 满桶近 — 两个数多半写反了",
        "measured from the lid to the waste, an empty bin is far and a full one near; the two are probably swapped",
    ),
    "E205": Wording(
        "{profile} 的地址不会是 {unit}",
        "{unit} is no address of a {profile}",
        "写设备自己的地址, 1 到 247 (或 255); 0 是广播, 248 到 254 保留",
        "write the device's own, 1 to 247 (or 255); 0 is everybody and 248 to 254 are reserved",
    ),
    "E207": Wording(
        "“{key}” 会让整块板一起动作, 而 {other} 也接在这块板上",
        "“{key}” moves the whole board, and {other} is wired to it as well",
        "去掉 {key}, 或者把 {other} 接到别的板上",
        "leave {key} out, or wire {other} to another board",
    ),
    "E208": Wording(
        "{bus} 上的表号 {given} 已给 {other} 用了",
        "meter {given} on {bus} is used by {other} already",
        "一块表只写一次; 表号对照铭牌",
        "one meter is one device; compare the number with the meter's plate",
    ),
    "E209": Wording(
        "{bus} 上不止一块表会应答 {given}",
        "more than one meter on {bus} answers to {given}",
        "AA 只用于总线上仅有的一块表; 旁边还有 {other}, 写全表号",
        "AA is for the only meter of a line; beside {other}, write the whole number",
    ),
    "E210": Wording(
        "没写它的蓝牙地址",
        "nothing says which Bluetooth device it is",
        "写 {known}; 地址用 edge-agent discover --ble 查",
        "write {known}; edge-agent discover --ble lists addresses",
    ),
    "E211": Wording(
        "蓝牙地址 {given} 已给 {other} 用了",
        "the Bluetooth address {given} is used by {other} already",
        "一个地址是一台设备, 对照设备背面或 edge-agent discover --ble",
        "one address is one device; compare with its back, or with edge-agent discover --ble",
    ),
    "E212": Wording(
        "{bus} 上要一直连着的设备有 {count} 台, 只能连 {room} 台",
        "devices on {bus} that want to stay connected: {count}; that can: {room}",
        "每个适配器的 slots 里要留一个给轮流读的设备, 一个给命令; 加一个适配器, 或把这台换成按时读的型号",
        "of each adapter's slots one is for devices that are read in turn, one for commands; "
        "add an adapter, or give this device a profile that is read from time to time",
    ),
    "W201": Wording(
        "{port} 重启或换口后会变",
        "{port} changes with a restart or another socket",
        "用 /dev/serial/by-id/ 下的名字",
        "use its name under /dev/serial/by-id/",
    ),
    "W203": Wording(
        "{profile} 出厂是 {factory}, 总线 {bus} 是 {line}",
        "{profile} ships at {factory} and bus {bus} runs at {line}",
        "把设备改到一致 (改好后这条可以不管), 或另开一条总线",
        "set the device to the same (then never mind this), or use another bus",
    ),
    "W212": Wording(
        "每 {given} 连接一次太频繁",
        "to connect every {given} is too often",
        "写 {least} 或更长: 每次连接都费设备的电池, 也占别的设备的时间; 放不放得下看 edge-agent plan",
        "write {least} or longer: each visit costs the device's battery and the others' time; see edge-agent plan",
    ),
    # secrets and people
    "E301": Wording(
        "密码/令牌不能明文写在配置里",
        "a password or token must not stand in the file",
        "把它存成 secrets/{name} 文件 (权限 0600), 然后写 {key}: !secret {name}",
        "keep it in the file secrets/{name} (mode 0600), then write {key}: !secret {name}",
    ),
    "E302": Wording(
        "没有密钥 “{given}”",
        "there is no secret “{given}”",
        "新建文件 {path} (权限 0600), 第一行写密钥",
        "make the file {path} (mode 0600) with the secret on its first line",
    ),
    "E303": Wording(
        "这里像是身份证号或手机号",
        "this looks like an identity or phone number",
        "个人信息只放在汇聚端, 配置里写 P-0001 这样的代号",
        "personal data stays on the collector; write a code such as P-0001",
    ),
    "E304": Wording(
        "密钥 “{given}” 不是 {digits} 位十六进制数",
        "the secret “{given}” is not {digits} hex digits",
        "{key} 要 {digits} 位，只用 0-9 和 a-f，中间不留空格；从厂家的 App 里重新抄一遍",
        "{key} takes {digits} digits of 0-9 and a-f without spaces; copy it from the maker's app again",
    ),
    "W302": Wording(
        "到汇聚端的连接没有加密",
        "the connection to the collector is not encrypted",
        "改用 https:// 或 mqtts:// (等保与个人信息保护都要求传输加密)",
        "use https:// or mqtts:// (data protection rules ask for it)",
    ),
    "W303": Wording(
        "密钥文件 {path} 别人也能读",
        "the secret file {path} can be read by others",
        "chmod 600 {path}",
        "chmod 600 {path}",
    ),
    # scenarios
    "E401": Wording("场景写错: {zh}", "the scenario is wrong: {en}", "{fix_zh}", "{fix_en}"),
    "E402": Wording(
        "这里没有规则 “{given}” 在用",
        "no rule “{given}” is in effect here",
        "{near_zh}在用的: {known}",
        "{near_en}in effect: {known}",
    ),
    "E403": Wording(
        "场景 “{name_zh}” 与规则 {rule} 不符: {zh}",
        "scenario “{name_en}” is not what rule {rule} does: {en}",
        "实际经过: {came_zh}; 改规则或改场景",
        "what came: {came_en}; change the rule or the scenario",
    ),
    **{code: Wording(*words) for code, words in (*RULES.items(), *NOTIFY.items(), *CAMERAS.items())},
}
"""Sentence and remedy by code; docs/configuration.md has a heading for each."""
