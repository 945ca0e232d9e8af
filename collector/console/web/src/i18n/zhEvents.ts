/** What the pages say of events and their pictures, in Chinese. */
export const events = {
  title: "最近发生",
  hint: "一天之内，新的在前",
  at: "时间",
  what: "事件",
  details: "内容",
  masked: "涉及个人信息，您的账号看不到内容",
  field: {
    plate: "车牌",
    confidence: "把握",
    plate_type: "号牌种类",
    plate_colour: "号牌颜色",
    vehicle_type: "车型",
    vehicle_colour: "车身颜色",
    direction: "方向",
    lane: "车道",
    list: "名单",
    kind: "类型",
    object: "目标",
    region: "区域",
    input: "输入",
    state: "状态",
    credential: "凭证",
    person_ref: "人员代号",
  },
  value: { in: "进", out: "出", approaching: "驶近", leaving: "驶离", unknown: "不明", white: "白名单", visitor: "访客", black: "黑名单" },
};

export const picture = {
  look: "看抓拍",
  title: "抓拍",
  alt: "设备 {device} 的抓拍",
  loading: "正在向网关取图，最多等 15 秒…",
  taken: "拍摄于 {time}",
  close: "关闭",
  retry: "再取一次",
  logged: "谁看过会记入操作记录",
  masked: {
    role: "您的账号看不到个人信息，车牌和人脸已打码",
    gateway: "这个网关只存打过码的图，没有原图",
  },
  error: {
    gateway_offline: "网关离线，取不到图；它恢复后再看",
    picture_gone: "图已不在：过了保存期，或者相机没有给",
    pictures_not_kept: "这个网关按配置不存抓拍",
    cannot_mask: "您的账号只能看打码的图，而这个网关没装打码用的库",
    too_large: "图太大，网关到汇聚端这条路传不过来",
    not_supported: "网关的软件太旧，还不会送图",
    gateway_busy: "同时向这个网关要图的人太多，请稍后再试",
    busy: "同时看图的人太多，请稍后再试",
    picture_late: "网关没有在 15 秒内送来，线路可能太慢，请再试",
    picture_broken: "网关送来的不是图",
    no_such_picture: "这不是抓拍的编号",
  },
};

/** How a look ended, for the audit. */
export const pictureResult = {
  whole: "看了原图",
  masked: "看了打码的图",
  picture_gone: "图已不在",
  pictures_not_kept: "不存抓拍",
  cannot_mask: "打不了码，没有给看",
  gateway_offline: "网关离线",
  picture_late: "没有按时送来",
};
