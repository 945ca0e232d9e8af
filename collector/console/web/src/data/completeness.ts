/** The completeness ledger: what became of every reading that a gateway should have taken, by point and hour. */
import { query, request } from "./http";

export const HOUR_US = 3_600_000_000;

/** Counts of readings: `expected` = `delivered` - `extra` + `unchanged` + `thinned` + all of `lost`. */
export interface Counts {
  expected: number;
  collected: number;
  delivered: number;
  extra: number;
  unchanged: number;
  thinned: number;
  lost: Record<string, number>;
}

/** One point in one hour; `behind`: more may come, so nothing that lacks is lost; `estimated`: a part of `lost` is inferred. */
export interface PointHour extends Counts {
  device: string;
  point: string;
  hour: number;
  estimated: boolean;
  behind: boolean;
}

/** What the gateway said it lost; `attributed`: it said whose readings they were; `came`: so many more came after all. */
export interface GapRecord {
  what: string;
  reason: string;
  count: number;
  came: number;
  start: number;
  end: number;
  attributed: boolean;
  received_at: number;
}

/** Times are microseconds since the epoch; hours that end after `behind_from` are behind. */
export interface Completeness {
  items: PointHour[];
  totals: Counts & { pending: number | null; pending_oldest_at: number | null };
  gaps: GapRecord[];
  behind_from: number | null;
  as_of: number;
}

/** The account of whole hours from `from` up to `to` (microseconds, a day at most); throws `ApiError` `no_such_gateway`. */
export function fetchCompleteness(gateway: string, span: { from: number; to: number }): Promise<Completeness> {
  return request("GET", `/gateways/${encodeURIComponent(gateway)}/completeness${query(span)}`);
}

/** How many are lost, whatever the reason. */
export function lostOf(counts: Counts): number {
  return Object.values(counts.lost).reduce((sum, n) => sum + n, 0);
}

/** Counts added up. */
export function addUp(all: Counts[]): Counts {
  const sum: Counts = { expected: 0, collected: 0, delivered: 0, extra: 0, unchanged: 0, thinned: 0, lost: {} };
  for (const one of all) {
    for (const key of ["expected", "collected", "delivered", "extra", "unchanged", "thinned"] as const) sum[key] += one[key];
    for (const [reason, n] of Object.entries(one.lost)) sum.lost[reason] = (sum.lost[reason] ?? 0) + n;
  }
  return sum;
}
