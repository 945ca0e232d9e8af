/** Sentences that are put together from several facts: errors, ages, outcomes of commands. */
import type { Alert, AlertAction, Flood } from "@/data/alerts";
import { ApiError } from "@/data/http";
import type { CommandRecord } from "@/data/commands";
import type { Device } from "@/data/devices";
import { dateTime, rough, span } from "@/format/time";
import { qualityKey, valueWords } from "@/format/value";
import { i18n, language, wordsOr } from ".";

const t = i18n.global.t;

/** What went wrong, for a person. */
export function errorWords(error: ApiError): string {
  if (error.word === "locked") return t("error.locked", { wait: span(error.waitS) });
  return wordsOr(`error.${error.word}`, error.detail || error.word);
}

/** `3 分钟前` for a time `at` seen from `now` (both microseconds). */
export function ago(at: number | null, now: number): string {
  if (!at) return t("ago.never");
  const { n, unit } = rough((now - at) / 1e6);
  return t(`ago.${unit}`, { n });
}

/** The quality byte in words. */
export function qualityWords(quality: number | null): string {
  const { key, code } = qualityKey(quality);
  return t(key, { code });
}

const UNITS = [
  ["days", 86400, 3600],
  ["hours", 3600, 60],
  ["minutes", 60, 1],
] as const;

/** How long something lasted, in the two units that tell: `3 小时 5 分`, `42 秒`. */
export function spanWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  for (const [name, size, part] of UNITS) {
    if (whole >= size) return t(`span.${name}`, { a: Math.floor(whole / size), b: Math.floor((whole % size) / part) });
  }
  return t("span.seconds", { a: whole });
}

/** Why a device is not answering, with what to look at; the gateway's own line where its word is not known. */
export function troubleWords(error: string): string {
  const word = /^\w+/.exec(error)?.[0] ?? "";
  return wordsOr(`trouble.${word}`, error);
}

/** What an interlock said, in the language of the screen: profiles give `中文 / English`. */
function ownLanguage(detail: string): string {
  const [zh = "", en = ""] = detail.split(" / ");
  return (language.value === "en" && en) || zh;
}

function whyWords(record: CommandRecord): string {
  const { outcome_reason: word, outcome_detail: detail } = record;
  if (word === "interlocked" && detail) return t("command.interlock", { why: ownLanguage(detail) });
  return word ? wordsOr(`reason.${word}`, detail || word) : detail || t("reason.none");
}

const MOVED = ["lock_state", "boom_state"];

/** What the command was to move comes first. */
function readRank(key: string): number {
  return MOVED.includes(key) ? 0 : 1;
}

function readWords(record: CommandRecord, device: Device | null): string {
  const told = Object.entries(record.readback).filter(([key]) => key !== "snapshot_ref");
  const read = told.sort(([a], [b]) => readRank(a) - readRank(b));
  const said = read.map(([key, value]) => {
    const point = device?.points.find((one) => one.key === key);
    const words = valueWords(point, value, language.value);
    return t("command.outcome.read", { point: point?.text[language.value] ?? key, value: words });
  });
  return said.join(t("command.outcome.and"));
}

/** What stands beside the tag of a command's state: what was read back, or why it came to nothing. */
export function outcomeDetail(record: CommandRecord, device: Device | null): string {
  if (record.state === "executed") return readWords(record, device);
  return record.state === "refused" ? whyWords(record) : outcomeWords(record, device);
}

/** What came of a command in one sentence; `device` gives the words for what was read back. */
export function outcomeWords(record: CommandRecord, device: Device | null): string {
  if (record.state === "executed") {
    const read = readWords(record, device);
    return read ? t("command.outcome.executedRead", { read }) : t("command.outcome.executed");
  }
  return t(`command.outcome.${record.state}`, { why: whyWords(record) });
}

/** Who asked for something: a person, or a rule of the gateway. */
export function byWords(who: string): string {
  return who.startsWith("rule:") ? t("command.byRule", { rule: who.slice("rule:".length) }) : who;
}

function failedWords(one: AlertAction): string {
  const why = wordsOr(`reason.${one.reason}`, t(`commandState.${one.state}`));
  return t("alerts.auto.one", { device: one.device_name || one.device, why });
}

/** What the gateway did about an alert by itself, one sentence for each command. */
export function actionWords(alert: Alert): string[] {
  return [...new Set(alert.actions.map((one) => one.name))].map((name) => {
    const own = alert.actions.filter((one) => one.name === name);
    const failed = own.filter((one) => one.state !== "executed");
    const said = own.length > failed.length ? [t("alerts.auto.done", { n: own.length - failed.length })] : [];
    const and = t("command.outcome.and");
    if (failed.length) said.push(t("alerts.auto.failed", { devices: failed.map(failedWords).join(and) }));
    return t("alerts.auto.said", { command: own[0]?.text[language.value] ?? name, result: said.join(and) });
  });
}

/** Which gateways heard a call for help, where more than one did; else nothing. */
export function heardWords(alert: Alert): string {
  const boxes = new Map(alert.heard.map((one) => [one.gateway, one.gateway_name]));
  if (boxes.size < 2) return "";
  const names = [...boxes].map(([id, name]) => (name && name !== id ? t("alerts.heardOne", { name, id }) : id));
  return t("alerts.heard", { gateways: names.join(t("alerts.heardAnd")), n: boxes.size });
}

/** Why an alert is out of sight, and for how long yet; empty where it is not. `now` in microseconds. */
export function asideWords(alert: Alert, now: number): string {
  const { aside_by: who, aside_note: note, aside_until: until } = alert;
  const time = until ? dateTime(until, now) : "";
  if (alert.state === "shelved") {
    return t("alerts.shelvedSaid", { who, note, time, span: spanWords(Math.max(0, (until ?? now) - now) / 1e6) });
  }
  if (alert.state === "out_of_service") return t("alerts.serviceSaid", { who, note });
  if (alert.state !== "suppressed") return "";
  return note === "gateway_offline" ? t("alerts.offlineSaid") : t("alerts.maintenanceSaid", { who, note, time });
}

/** What a flood is, in one line. */
export function floodWords(flood: Flood): string {
  const { gateway_name, gateway, place } = flood.first;
  const about = gateway_name || gateway;
  if (flood.kind === "offline") return t("alerts.flood.offline", { gateway: about, n: flood.total });
  return t("alerts.flood.place", { place: place || about, n: flood.total });
}
