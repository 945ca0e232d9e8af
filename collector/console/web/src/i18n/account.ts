/** The completeness ledger in sentences: what was due, what arrived, what is lost and why. */
import { HOUR_US, lostOf, type Completeness, type Counts } from "@/data/completeness";
import type { Cell } from "@/data/ledger";
import { hourMinute, shortTime } from "@/format/time";
import { number } from "@/format/value";
import { i18n, wordsOr } from ".";

const t = i18n.global.t;

/** The reason of a loss in words; the gateway's own word where it is not known. */
export function reasonWords(reason: string): string {
  return wordsOr(`lossReason.${reason}`, reason);
}

/** `网关未运行 20，缓存已满 3`, the most first; empty where nothing is lost. */
export function lossWords(counts: Counts): string {
  return Object.entries(counts.lost)
    .filter(([, n]) => n !== 0)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, n]) => t("ledger.lossOf", { reason: reasonWords(reason), n: number(n) }))
    .join(t("ledger.and"));
}

function figures(counts: Counts): { expected: string; arrived: string; lost: string } {
  const lost = lostOf(counts);
  return { expected: number(counts.expected), arrived: number(counts.expected - lost), lost: number(lost) };
}

/** `应到 86,400 · 已到 86,380 · 丢失 20（网关未运行 20）`. */
export function totalsWords(counts: Counts): string {
  const why = lossWords(counts);
  return why ? t("ledger.totalsWhy", { ...figures(counts), why }) : t("ledger.totals", figures(counts));
}

/** What the arrived are made of, where not all of them are plain rows; else empty. */
export function madeWords(counts: Counts): string {
  if (!counts.unchanged && !counts.thinned) return "";
  const sizes = { delivered: counts.delivered - counts.extra, unchanged: counts.unchanged, thinned: counts.thinned };
  const parts = (["delivered", "unchanged", "thinned"] as const)
    .filter((one) => sizes[one])
    .map((one) => t(`ledger.parts.${one}`, { n: number(sizes[one]) }));
  return t("ledger.made", { parts: parts.join(t("ledger.and")) });
}

/** What the gateway still owes and since when; empty where that is just what is on its way. `silent`: the gateway is not heard. */
export function owesWords(account: Completeness, silent: boolean): string {
  const { pending, pending_oldest_at: oldest } = account.totals;
  if (!pending || oldest === null || account.as_of - oldest < 60_000_000) return "";
  return t(silent ? "ledger.owed" : "ledger.owes", { n: number(pending), time: shortTime(oldest, account.as_of) });
}

/** `09:00–10:00`. */
export function hourWords(hour: number): string {
  return t("ledger.hour", { from: hourMinute(hour), to: hourMinute(hour + HOUR_US) });
}

/** All that a cell shows, for whoever points at it or cannot see it. */
export function cellWords(cell: Cell, device: string): string {
  const { counts } = cell;
  const said = [
    `${device} ${hourWords(cell.hour)}`,
    counts ? (counts.expected ? t("ledger.cell", figures(counts)) : t("ledger.idle")) : t("ledger.cellNone"),
    counts ? lossWords(counts) : "",
    cell.estimated ? t("ledger.estimated") : "",
    cell.unfinished ? t(`ledger.state.${cell.unfinished}`) : "",
  ];
  return said.filter(Boolean).join(" · ");
}
