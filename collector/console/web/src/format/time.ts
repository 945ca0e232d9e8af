/** Times for people: always the site's zone (Asia/Shanghai), 24 hours, whatever the computer is set to. */

const ZONE = "Asia/Shanghai";
const parts = { timeZone: ZONE, hourCycle: "h23" } as const;
const clockFormat = new Intl.DateTimeFormat("zh-CN", { ...parts, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minuteFormat = new Intl.DateTimeFormat("zh-CN", { ...parts, hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-CA", { ...parts, year: "numeric", month: "2-digit", day: "2-digit" });

/** `12:03:05` of a time in microseconds since the epoch. */
export function clock(at: number): string {
  return clockFormat.format(at / 1000);
}

/** `12:03`. */
export function hourMinute(at: number): string {
  return minuteFormat.format(at / 1000);
}

/** `2026-11-23 12:03:05`; today's times (seen from `now`) without the day. */
export function dateTime(at: number, now?: number): string {
  const day = dayFormat.format(at / 1000);
  if (now !== undefined && dayFormat.format(now / 1000) === day) return clock(at);
  return `${day} ${clock(at)}`;
}

/** `12:03` today (seen from `now`), `11-22 12:03` on another day; the year where it is another one. */
export function shortTime(at: number, now: number): string {
  const [day, today] = [dayFormat.format(at / 1000), dayFormat.format(now / 1000)];
  if (day === today) return hourMinute(at);
  return `${day.slice(0, 4) === today.slice(0, 4) ? day.slice(5) : day} ${hourMinute(at)}`;
}

/** `00:42:10` of a number of seconds; days before it where there are any. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  const days = Math.floor(whole / 86400);
  const rest = `${two(Math.floor(whole / 3600) % 24)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return days ? `${days}d ${rest}` : rest;
}

/** A rough age as a number and the unit's word: `{n: 3, unit: "minutes"}`. */
export function rough(seconds: number): { n: number; unit: "seconds" | "minutes" | "hours" | "days" } {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return { n: s, unit: "seconds" };
  if (s < 3600) return { n: Math.floor(s / 60), unit: "minutes" };
  if (s < 86400) return { n: Math.floor(s / 3600), unit: "hours" };
  return { n: Math.floor(s / 86400), unit: "days" };
}
