/** Why a command came to nothing and what ails a device, in Chinese, by the gateway's word for it. */
export const reason = {
  device_offline: "设备离线",
  no_such_device: "网关上没有这台设备",
  not_supported: "设备不支持此命令",
  misconfigured: "设备配置有误",
  interlocked: "安全联锁不允许",
  replayed: "命令重复",
  bad_signature: "签名不符",
  expired: "已过期",
  restarted: "网关在执行中重启",
  driver_bug: "网关程序出错",
  line_lost: "通信线路断开",
  timeout: "设备无应答",
  corrupt: "应答校验错",
  device_refused: "设备拒绝执行",
  answer_lost: "设备的应答丢失",
  no_outcome: "网关没有回报结果",
  gateway_silent: "网关没有回报结果",
  none: "未说明原因",
};

/** With what to look at first. */
export const trouble = {
  timeout: "设备无应答，请检查设备电源、接线和通信地址",
  corrupt: "设备的应答校验错，请检查接线、波特率和校验位",
  line_lost: "通信线路断开，请检查网线、串口线或转换器",
  device_refused: "设备报错，不接受读取，请核对型号",
  misconfigured: "配置与设备不符，请检查网关的配置文件",
  not_supported: "网关不支持这种设备，请检查配置里的型号",
  driver_bug: "网关程序出错，请查看网关日志",
};
