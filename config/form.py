"""The shape of a gateway file, section by section, as its writer sees it; the JSON Schema for editors comes from here.

Strict: a number is not a text, a text not a number. What a device takes beyond the common keys is its profile's.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from config.notify_form import NotifyForm
from config.rule_form import RulesForm
from config.site_form import List, PersonForm, PicturesForm, PrivacyForm, ScheduleForm
from config.transport import Table
from config.written import STRICT, Baud, Duration, Keeping, Secret, SerialFormat, Size, Url


class _Form(BaseModel):
    model_config = STRICT


class SiteForm(_Form):
    """The community this gateway serves."""

    code: Annotated[
        str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", description="小区编号, 也是网关的名字 / site code")
    ]
    name: Annotated[str, Field(min_length=1, max_length=60, description="小区名称 / name of the community")]
    timezone: Annotated[str, Field(pattern=r"^[A-Za-z_]+(/[A-Za-z_+-]+)*$", description="时区 / time zone")] = (
        "Asia/Shanghai"
    )


class CollectorForm(_Form):
    """Where the collector is."""

    url: Annotated[Url, Field(description="汇聚端地址 / address of the collector")]
    username: Annotated[str, Field(max_length=100, description="在 MQTT 代理上的用户名 / name at an MQTT broker")] = ""
    password: Annotated[Secret | None, Field(description="在 MQTT 代理上的密码 / password at an MQTT broker")] = None
    timeout: Annotated[Duration, Field(description="等待应答的时间 / wait for an answer", gt=0, le=120)] = 10.0


class BufferForm(_Form):
    """The durable buffer on this box."""

    path: Annotated[str, Field(description="缓存文件 / file of the buffer")] = ""
    flush: Annotated[Duration, Field(gt=0, le=60, description="最多攒多久写一次盘 / longest wait for a commit")] = 5.0
    flush_readings: Annotated[int, Field(ge=1, le=100_000, description="攒够多少条写一次盘 / readings per commit")] = (
        500
    )
    max_size: Annotated[Size, Field(ge=1_000_000, description="缓存上限 / largest size")] = 512_000_000
    keep_free: Annotated[Size, Field(ge=0, description="给磁盘留的空间 / left free on the disk")] = 256_000_000
    alarm_reserve: Annotated[Size, Field(ge=0, description="只给告警用的空间 / room for alarms alone")] = 16_000_000
    keep: Annotated[
        Keeping,
        Field(ge=0, le=31_536_000, description="上传后再留多久, 0 不留 / how long after delivery, 0 for not"),
    ] = 604_800.0
    card_endurance: Annotated[
        Size, Field(ge=1_000_000_000, description="存储卡一生可写的字节 / bytes the card may be written in its life")
    ] = 8_000_000_000_000
    card_years: Annotated[float, Field(gt=0, le=50, description="存储卡要用几年 / years the card has to last")] = 5.0


class HealthForm(_Form):
    """The local page for health and metrics."""

    host: Annotated[str, Field(min_length=1, description="监听地址 / address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="端口, 0 关闭 / port, 0 for off")] = 9321


class _BusForm(_Form):
    timeout: Annotated[Duration, Field(gt=0, le=60, description="等一次应答的时间 / wait for one answer")] = 1.0
    gap: Annotated[Duration, Field(ge=0, le=10, description="两次请求之间的静默 / silence between requests")] = 0.0
    settle: Annotated[Duration, Field(ge=0, le=60, description="连上后等多久 / pause after connecting")] = 0.0


class _LineForm(_BusForm):
    baud: Annotated[Baud, Field(description="波特率 / speed")] = 9600
    format: Annotated[SerialFormat, Field(description="数据位 校验 停止位 / data bits, parity, stop bits")] = "8N1"
    turnaround: Annotated[Duration, Field(ge=0, le=10, description="广播后等多久 / pause after a broadcast")] = 0.1


class ModbusTcpForm(_BusForm):
    """A Modbus TCP server or gateway."""

    type: Literal["modbus-tcp"]
    host: Annotated[str, Field(min_length=1, description="主机 / host")]
    port: Annotated[int, Field(ge=1, le=65535, description="端口 / port")] = 502


class ModbusRtuForm(_LineForm):
    """A serial line."""

    type: Literal["modbus-rtu"]
    port: Annotated[str, Field(min_length=1, description="串口 / serial port", examples=["/dev/serial/by-id/usb-..."])]


class ModbusRtuTcpForm(_LineForm):
    """A serial line behind a transparent serial server: RTU frames over TCP."""

    type: Literal["modbus-rtu-tcp"]
    host: Annotated[str, Field(min_length=1, description="串口服务器 / the serial server")]
    port: Annotated[int, Field(ge=1, le=65535, description="端口 / port")]


class _MeterBusForm(_BusForm):
    timeout: Annotated[Duration, Field(gt=0, le=60, description="等一次应答的时间 / wait for one answer")] = 2.0


class MeterSerialForm(_MeterBusForm):
    """A serial line of meters that speak DL/T 645, CJ/T 188, or (``meter-serial``) the one and the other."""

    type: Literal["meter-serial", "dlt645-serial", "cjt188-serial"]
    port: Annotated[str, Field(min_length=1, description="串口 / serial port", examples=["/dev/serial/by-id/usb-..."])]
    baud: Annotated[Baud, Field(description="波特率 / speed")] = 2400
    format: Annotated[SerialFormat, Field(description="数据位 校验 停止位 / data bits, parity, stop bits")] = "8E1"


class MeterTcpForm(_MeterBusForm):
    """A serial server that passes the bytes of such a line through, as they are."""

    type: Literal["meter-tcp", "dlt645-tcp", "cjt188-tcp"]
    host: Annotated[str, Field(min_length=1, description="主机 / host")]
    port: Annotated[int, Field(ge=1, le=65535, description="端口 / port")]


class MqttForm(_Form):
    """A local MQTT broker that devices publish to."""

    type: Literal["mqtt"]
    host: Annotated[str, Field(min_length=1, description="代理的主机 / host of the broker")]
    port: Annotated[int, Field(ge=1, le=65535, description="端口 / port")] = 1883
    username: Annotated[str, Field(max_length=100, description="用户名 / user name")] = ""
    password: Annotated[Secret | None, Field(description="密码 / password")] = None
    tls: Annotated[bool, Field(description="用 TLS, 按系统信任的证书核对 / over TLS")] = False
    timeout: Annotated[Duration, Field(gt=0, le=60, description="等代理应答的时间 / wait for the broker")] = 3.0


class BleForm(_Form):
    """The Bluetooth radios of this box."""

    type: Literal["ble"]
    adapters: Annotated[
        list[Annotated[str, Field(pattern=r"^(hci\d{1,2}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5})$")]],
        Field(min_length=1, max_length=4, description="蓝牙适配器 / Bluetooth adapters", examples=[["hci0"]]),
    ] = ["hci0"]
    passive: Annotated[bool, Field(description="被动扫描, 收不到扫描响应 / hear without asking")] = False
    slots: Annotated[int, Field(ge=1, le=20, description="一个适配器同时能连几台 / connections at once")] = 5
    deaf: Annotated[Duration, Field(ge=10, le=3600, description="多久什么都收不到算失聪 / silence that means deaf")] = (
        90.0
    )
    timeout: Annotated[Duration, Field(gt=0, le=60, description="一次连接最多等多久 / one attempt to connect")] = 20.0


class OnvifForm(_Form):
    """The cameras and door stations of one network."""

    type: Literal["onvif"]
    timeout: Annotated[Duration, Field(gt=0, le=60, description="等一次应答的时间 / wait for one answer")] = 5.0
    push_host: Annotated[
        str, Field(min_length=1, description="在哪个地址上等相机来报 / where cameras call the box")
    ] = "0.0.0.0"  # noqa: S104 - callers are known by source and by secret path
    push_port: Annotated[int, Field(ge=0, le=65535, description="相机来报的端口, 0 不开 / port, 0 for none")] = 0


BusForm = Annotated[
    ModbusTcpForm | ModbusRtuForm | ModbusRtuTcpForm | MeterSerialForm | MeterTcpForm | MqttForm | BleForm | OnvifForm,
    Field(discriminator="type"),
]

Order = Literal["big", "little"]
PduAddress = Annotated[int, Field(ge=0, le=65535)]


class TransportForm(_Form):
    """What this one device needs otherwise than its profile says; see ``config.profile.Transport``."""

    word_order: Annotated[Order | None, Field(description="高字在前 big, 低字在前 little / order of words")] = None
    byte_order: Annotated[Order | None, Field(description="寄存器内高字节在前 big / order of bytes")] = None
    max_registers: Annotated[int | None, Field(ge=1, le=125, description="一次最多读的寄存器 / per request")] = None
    max_coils: Annotated[int | None, Field(ge=1, le=2000, description="一次最多读的位 / bits per request")] = None
    max_gap: Annotated[int | None, Field(ge=0, le=124, description="可顺带读的空地址 / addresses read along")] = None
    holes: Annotated[
        dict[Table, list[Annotated[list[PduAddress], Field(min_length=2, max_length=2)]]] | None,
        Field(description="读不得的地址段 / addresses never read along"),
    ] = None
    single_requests: Annotated[bool | None, Field(description="每个值单独请求 / one request per value")] = None
    coils_from_zero: Annotated[bool | None, Field(description="线圈从 0 读起 / coils from address 0 on")] = None
    close_after_poll: Annotated[bool | None, Field(description="每次读完断开 / disconnect after a poll")] = None


class DeviceForm(_Form):
    """One device; further keys are the options of its profile."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=60, description="名称 / name for people")]
    profile: Annotated[str, Field(description="型号 / profile", examples=["door/waveshare-relay-d8"])]
    bus: Annotated[str | None, Field(description="所在总线 / bus it is on")] = None
    unit: Annotated[int | None, Field(ge=0, le=255, description="总线地址 / unit address")] = None
    transport: Annotated[TransportForm, Field(description="这台设备的通信特例 / habits of this one device")] = (
        TransportForm()
    )
    every: Annotated[Duration | None, Field(ge=0.05, le=86400, description="多久读一次 / poll period")] = None
    place: Annotated[str, Field(max_length=60, description="位置 / where it is")] = ""
    building: Annotated[str, Field(max_length=60, description="楼栋, 不写就从位置里取 / building")] = ""
    person: Annotated[str, Field(max_length=20, description="谁的, 写代号 / whose it is, a code")] = ""
    settings: Annotated[dict[str, float], Field(description="规则里 setting() 用的数 / figures for setting()")] = {}


class GatewayForm(_Form):
    """A gateway file."""

    version: Annotated[Literal[1], Field(description="文件格式版本, 现在是 1 / version of this format")]
    site: Annotated[SiteForm, Field(description="小区 / the community")]
    collector: Annotated[CollectorForm | None, Field(description="汇聚端 / the collector")] = None
    buffer: Annotated[BufferForm, Field(description="本机缓存 / the buffer")] = BufferForm()
    health: Annotated[HealthForm, Field(description="本机健康页 / the health page")] = HealthForm()
    buses: Annotated[dict[str, BusForm], Field(description="总线 / buses")] = {}
    devices: Annotated[dict[str, DeviceForm], Field(description="设备 / devices")] = {}
    people: Annotated[dict[str, PersonForm], Field(description="关照的人, 只写代号 / people, by code")] = {}
    privacy: Annotated[PrivacyForm, Field(description="个人信息 / personal data")] = PrivacyForm()
    pictures: Annotated[PicturesForm, Field(description="抓拍 / pictures")] = PicturesForm()
    schedules: Annotated[dict[str, ScheduleForm], Field(description="时间表 / named schedules")] = {}
    holidays: Annotated[list[str], Field(description="节假日 / public holidays", examples=[["2026-10-01"]])] = []
    lists: Annotated[dict[str, List], Field(description="名单文件 / lists kept in CSV files")] = {}
    rules: Annotated[RulesForm, Field(description="规则 / rules")] = RulesForm()
    notify: Annotated[NotifyForm, Field(description="通知 / notifications")] = NotifyForm()
