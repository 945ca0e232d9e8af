"""The mistakes that the section ``notify`` can contain, in the words of ``config.codes``."""

NOTIFY: dict[str, tuple[str, str, str, str]] = {
    # sentence and remedy, zh and en of each
    "E171": (
        "没有通知通道 “{given}”",
        "there is no channel “{given}”",
        "{near_zh}已定义: {known}",
        "{near_en}defined: {known}",
    ),
    "E172": (
        "通知的话里没有 “{{{given}}}” 可填",
        "a notification has no “{{{given}}}”",
        "{near_zh}可用: {known}",
        "{near_en}there are: {known}",
    ),
    "E173": (
        "“{given}” 不是一天里的时段",
        "“{given}” is no daily span",
        '形如 "22:00-07:00"',
        'like "22:00-07:00"',
    ),
    "W171": (
        "免打扰对红色告警不起作用",
        "quiet hours do not hold for red alarms",
        "红色随时通知; 要分开就写成两条路由",
        "red ones are told at any hour; write two routes to keep them apart",
    ),
    "W172": (
        "没有路由用到通道 “{given}”",
        "no route uses the channel “{given}”",
        "在 notify.routes 里用它, 或者删掉",
        "use it in notify.routes, or remove it",
    ),
    "W173": (
        "通道 “{given}” 没有加密",
        "the channel “{given}” is not encrypted",
        "告警里有地点和时间; 改用 https 或 tls",
        "alarms tell of places and times; use https or tls",
    ),
}
