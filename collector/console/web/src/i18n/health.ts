/** How a gateway's data, clock and card are, in sentences: what is not as it should be, and each fact by itself. */
import type { Gateway } from "@/data/gateways";
import { shortTime } from "@/format/time";
import { bytes, number } from "@/format/value";
import { i18n, wordsOr } from ".";
import { spanWords } from "./sentences";

const t = i18n.global.t;
const BEHIND_US = 60_000_000;
const OFFSET_S = 1;
const SHORT_YEARS = 3;

export interface Trouble {
  key: string;
  tone: "bad" | "warn" | "busy" | "soft";
  words: string;
}

/** True while the gateway is not heard: what it said last is all that is known. */
export function isSilent(gateway: Gateway): boolean {
  return gateway.state === "late" || gateway.state === "offline";
}

/** True where the gateway owes more than what is just on its way. */
export function isBehind(gateway: Gateway, now: number): boolean {
  return Boolean(gateway.pending) && gateway.pending_oldest_at !== null && now - gateway.pending_oldest_at > BEHIND_US;
}

/** What the buffer is like where it is not well, empty where it is. */
export function bufferTrouble(gateway: Gateway): string {
  const { buffer_state: state, buffer_problem: why } = gateway;
  if (state === "volatile" || state === "refused") {
    const what = t(`health.${state}`);
    return why ? t("health.because", { what, why }) : what;
  }
  return why ? t("health.problem", { why }) : "";
}

/** How much is owed and since when; `words` is `owes` or `owed`. */
export function owedWords(gateway: Gateway, words: "owes" | "owed", now: number): string {
  const time = gateway.pending_oldest_at === null ? "—" : shortTime(gateway.pending_oldest_at, now);
  return t(`health.${words}`, { n: number(gateway.pending ?? 0), time });
}

function offsetWords(offset: number, source: string): string {
  const size = Math.abs(offset);
  const span = size < 60 ? t("health.seconds", { n: size.toFixed(1) }) : spanWords(size);
  return t(offset > 0 ? "health.fast" : "health.slow", { span, source });
}

function sourceWords(gateway: Gateway): string {
  return wordsOr(`health.source.${gateway.clock_source || "none"}`, gateway.clock_source);
}

/** What the clock is like: never set, off by more than a second, going by itself, or right. A dash while unknown. */
export function clockWords(gateway: Gateway): string {
  const off = gateway.clock_offset_s;
  const said = [
    gateway.clock === "unsynced" ? t("health.unsynced") : "",
    off !== null && Math.abs(off) > OFFSET_S ? offsetWords(off, sourceWords(gateway)) : "",
    gateway.clock === "holdover" ? t("health.holdover") : "",
  ].filter(Boolean);
  if (said.length) return said.join(t("ledger.and"));
  return gateway.clock ? t("health.exact", { source: sourceWords(gateway) }) : "—";
}

function years(gateway: Gateway): string {
  const life = gateway.card_years ?? 0;
  return life < 10 ? life.toFixed(1) : number(Math.round(life));
}

/** How long a card lasts that is written like this one. */
export function cardWords(gateway: Gateway): string {
  if (!gateway.card_years || !gateway.written_per_day) return t("health.cardUnknown");
  return t("health.card", { years: years(gateway), size: bytes(gateway.written_per_day) });
}

function clockTrouble(gateway: Gateway): boolean {
  return gateway.clock === "unsynced" || Math.abs(gateway.clock_offset_s ?? 0) > OFFSET_S;
}

/** What is not as it should be, the gravest first; of a gateway that is not heard only what it still owes. */
export function troubles(gateway: Gateway, now: number): Trouble[] {
  const found: Trouble[] = [];
  const add = (key: string, tone: Trouble["tone"], words: string): number => found.push({ key, tone, words });
  if (isSilent(gateway)) {
    if (gateway.pending) add("owed", "warn", owedWords(gateway, "owed", now));
    return found;
  }
  const buffer = bufferTrouble(gateway);
  if (buffer) add("buffer", gateway.buffer_state === "durable" ? "warn" : "bad", buffer);
  if (isBehind(gateway, now)) add("owes", "busy", owedWords(gateway, "owes", now));
  if (gateway.dropped) add("dropped", "warn", t("health.dropped", { n: number(gateway.dropped) }));
  if (gateway.quarantined) add("quarantined", "warn", t("health.quarantined", { n: number(gateway.quarantined) }));
  if (clockTrouble(gateway)) add("clock", "warn", clockWords(gateway));
  if (gateway.card_years && gateway.card_years < SHORT_YEARS && gateway.written_per_day) {
    add("card", "warn", t("health.cardShort", { years: years(gateway), size: bytes(gateway.written_per_day) }));
  }
  if (gateway.thinned) add("thinned", "soft", t("health.thinned", { n: number(gateway.thinned) }));
  return found;
}
