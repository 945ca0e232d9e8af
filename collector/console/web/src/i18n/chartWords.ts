/** What the chart says of one reading or one summary, and, beside it, of all the special ones that it shows. */
import { LATE_S, type Point, type Reading, type Summary } from "@/data/devices";
import { dateTime, span } from "@/format/time";
import { number, usable, valueWords } from "@/format/value";
import { i18n, language } from ".";
import { qualityWords } from "./sentences";

const t = i18n.global.t;
const CORRECTED = 1;
const UNSYNCED = 2;
const HOLDOVER = 4;

/** True for a reading that came late enough to say so. */
export function isLate(reading: Reading): boolean {
  return reading[4] >= LATE_S;
}

/** What is special about a reading, a line for each. */
function markLines(mark: number, late: number): string[] {
  return [
    late >= LATE_S ? t("chartMark.late", { span: span(late) }) : "",
    mark & CORRECTED ? t("chartMark.corrected") : "",
    mark & UNSYNCED ? t("chartMark.unsynced") : "",
    mark & HOLDOVER ? t("chartMark.holdover") : "",
  ].filter(Boolean);
}

function unitOf(point: Point): string {
  return point.unit === "1" ? "" : point.unit;
}

/** One reading: when, what, and what is special about it. */
export function readingWords(point: Point, [at, value, quality, mark, late]: Reading): string {
  if (!usable(quality)) return [dateTime(at), qualityWords(quality), ...markLines(mark, late)].join("\n");
  const words = `${valueWords(point, value, language.value)} ${typeof value === "number" ? unitOf(point) : ""}`;
  return [dateTime(at), words.trim(), ...markLines(mark, late)].join("\n");
}

/** One summary: `1 分钟归并（60 条）` with the time and the three numbers. */
export function summaryWords(point: Point, [start, width, n, low, mean, high]: Summary): string {
  const size = width % 60 ? t("chartMark.width.seconds", { n: width }) : t("chartMark.width.minutes", { n: width / 60 });
  const spread = { low: number(low), mean: number(mean), high: number(high), unit: unitOf(point) };
  return [dateTime(start), t("chartMark.summary", { width: size, n: number(n) }), t("chartMark.spread", spread).trim()].join("\n");
}

export interface Sign {
  key: "late" | "summary" | "corrected" | "unsynced";
  words: string;
}

/** What the chart shows besides plain readings, with how many there are of each; empty where there is nothing. */
export function signsOf(readings: Reading[], summaries: Summary[]): Sign[] {
  const counts = {
    late: readings.filter(isLate).length,
    summary: summaries.length,
    corrected: readings.filter((one) => one[3] & CORRECTED).length,
    unsynced: readings.filter((one) => one[3] & UNSYNCED).length,
  };
  return (["late", "summary", "corrected", "unsynced"] as const)
    .filter((key) => counts[key])
    .map((key) => ({ key, words: t(`chartMark.${key}Count`, { n: number(counts[key]) }) }));
}
