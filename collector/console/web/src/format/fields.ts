/** What an event told, field by field, in people's words. */
import type { Value } from "@/data/text";
import { number } from "@/format/value";
import { wordsOr } from "@/i18n";

/** Fields that say nothing to people: running numbers, moments in µs, and what a picture is found by. */
const MUTE = ["snapshot_ref", "seq", "from"];

/** True where the field says something to people. */
export function tells(key: string, value: Value): boolean {
  return !MUTE.includes(key) && value !== null && value !== "";
}

/** One field with its value, such as "车牌 浙F12345". */
export function fieldWords(key: string, value: Value): string {
  const said = typeof value === "number" ? number(value) : wordsOr(`events.value.${key}.${String(value)}`, String(value));
  return `${wordsOr(`events.field.${key}`, key)} ${said}`;
}
