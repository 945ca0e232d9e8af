/** Sentences that are put together from several facts: errors, ages, outcomes of commands. */
import { ApiError } from "@/data/http";
import type { CommandRecord } from "@/data/commands";
import type { Device } from "@/data/devices";
import { rough, span } from "@/format/time";
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

/** How long something ran, roughly: `3 d 04:00:00`. */
export function spanWords(seconds: number): string {
  return span(seconds).replace("d ", language.value === "zh" ? " 天 " : " d ");
}

const MOVED = ["lock_state", "boom_state"];

/** What the command was to move comes first. */
function readRank(key: string): number {
  return MOVED.includes(key) ? 0 : 1;
}

/** What came of a command in one sentence; `device` gives the words for what was read back. */
export function outcomeWords(record: CommandRecord, device: Device | null): string {
  if (record.state === "executed") {
    const read = Object.entries(record.readback).sort(([a], [b]) => readRank(a) - readRank(b));
    if (!read.length) return t("command.outcome.executed");
    const said = read.map(([key, value]) => {
      const point = device?.points.find((one) => one.key === key);
      const words = valueWords(point, value, language.value);
      return t("command.outcome.read", { point: point?.text[language.value] ?? key, value: words });
    });
    return t("command.outcome.executedRead", { read: said.join(t("command.outcome.and")) });
  }
  const why = record.outcome_reason
    ? wordsOr(`reason.${record.outcome_reason}`, record.outcome_detail || record.outcome_reason)
    : record.outcome_detail || t("reason.none");
  return t(`command.outcome.${record.state}`, { why });
}
