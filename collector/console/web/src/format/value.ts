/** Values for people: numbers rounded to what matters, states by their words. */
import type { Point } from "@/data/devices";
import type { Text, Value } from "@/data/text";

const USABLE = 1;
const EXCEPTION_BASE = 64;

/** A number with about four telling digits, never more than three decimals. */
export function number(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** The words of a value of this point in language `lang` (a switch's by `true` and `false`); a dash where there is none. */
export function valueWords(point: Pick<Point, "value_text"> | undefined, value: Value, lang: keyof Text): string {
  if (value === null || value === undefined) return "—";
  const words = point?.value_text?.[String(value)];
  if (words) return words[lang];
  if (typeof value === "number") return number(value);
  if (typeof value === "boolean") return lang === "zh" ? (value ? "是" : "否") : value ? "yes" : "no";
  return value;
}

/** The value with its unit. */
export function valueUnit(point: Pick<Point, "value" | "unit" | "value_text">, lang: keyof Text): string {
  const words = valueWords(point, point.value, lang);
  return point.unit && point.unit !== "1" && point.value !== null ? `${words} ${point.unit}` : words;
}

const TELLING_UNITS = ["%", "W"];

function tellingRank(point: Point): number {
  if (TELLING_UNITS.includes(point.unit)) return 0;
  return point.kind === "enum" ? 1 : point.kind === "bool" ? 3 : 2;
}

/** Points in the order in which they say something at a glance: shares and power, states, other numbers, switches. */
export function byTelling(a: Point, b: Point): number {
  return tellingRank(a) - tellingRank(b);
}

/** True where a value may be believed (good or uncertain). */
export function usable(quality: number | null): boolean {
  return quality !== null && quality <= USABLE;
}

/** The message key of a quality byte and what the message needs. */
export function qualityKey(quality: number | null): { key: string; code: number } {
  if (quality === null) return { key: "quality.none", code: 0 };
  if (quality > EXCEPTION_BASE) return { key: "quality.exception", code: quality - EXCEPTION_BASE };
  const known: Record<number, string> = {
    0: "good",
    1: "uncertain",
    2: "stale",
    17: "timeout",
    18: "corrupt",
    19: "out_of_range",
    20: "implausible",
    21: "stuck",
    22: "offline",
    23: "misconfigured",
    24: "no_value",
  };
  return { key: `quality.${known[quality] ?? "bad"}`, code: quality };
}

const SIZES = ["B", "kB", "MB", "GB", "TB"];

/** A number of bytes in decimal units, two or three telling digits: `330 MB`, `1.2 GB`. */
export function bytes(n: number): string {
  const step = Math.min(SIZES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, n)) / 3)));
  const size = n / 1000 ** step;
  return `${size.toLocaleString("en-US", { maximumFractionDigits: size < 10 && step ? 1 : 0 })} ${SIZES[step]}`;
}
