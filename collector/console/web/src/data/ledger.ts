/** The account by device and hour: a grid of cells, each the sum over a device's points. */
import { addUp, HOUR_US, lostOf, type Completeness, type Counts, type PointHour } from "./completeness";

/** Why an hour is not final: it goes on, the gateway still owes of it, or the gateway is not heard. */
export type Unfinished = "running" | "owed" | "silent";

/** One device in one hour; `items` are its points, `counts` their sum, null where nothing is recorded. */
export interface Cell {
  device: string;
  hour: number;
  items: PointHour[];
  counts: Counts | null;
  unfinished: Unfinished | null;
  estimated: boolean;
}

export interface Row {
  device: string;
  cells: Cell[];
  lost: number;
}

/** From so long before the gateway's last word on it owes something that is not just on its way. */
const BEHIND_US = 60_000_000;
export const HOURS = 24;

/** The stretch to ask for at `now`: the present hour as far as it went and those before it, a day in all. */
export function lastDay(now: number): { from: number; to: number } {
  const hour = Math.floor(now / HOUR_US) * HOUR_US;
  return { from: hour - (HOURS - 1) * HOUR_US, to: Math.max(now, hour + 1) };
}

function unfinished(account: Completeness, hour: number, silent: boolean): Unfinished | null {
  const { behind_from: behind, as_of: asOf, totals } = account;
  if (behind === null || hour + HOUR_US <= behind) return null;
  if (silent) return "silent";
  const oldest = totals.pending ? totals.pending_oldest_at : null;
  return oldest !== null && asOf - oldest > BEHIND_US ? "owed" : "running";
}

function cellOf(device: string, hour: number, items: PointHour[], open: Unfinished | null): Cell {
  const counts = items.length ? addUp(items) : null;
  return { device, hour, items, counts, unfinished: open, estimated: items.some((one) => one.estimated) };
}

/** A row for each of `devices` and for each other that the account names; a cell for each hour from `from` on. */
export function gridOf(account: Completeness, devices: string[], from: number, silent: boolean): Row[] {
  const found = new Map<string, PointHour[]>();
  for (const one of account.items) {
    const key = `${one.device}/${one.hour}`;
    const items = found.get(key);
    if (items) items.push(one);
    else found.set(key, [one]);
  }
  const hours = Array.from({ length: HOURS }, (_, n) => from + n * HOUR_US);
  const open = hours.map((hour) => unfinished(account, hour, silent));
  const known = new Set(account.items.map((one) => one.device));
  const rows = [...devices.filter((one) => known.has(one)), ...[...known].filter((one) => !devices.includes(one))];
  return rows.map((device) => {
    const cells = hours.map((hour, n) => cellOf(device, hour, found.get(`${device}/${hour}`) ?? [], open[n] ?? null));
    return { device, cells, lost: cells.reduce((sum, one) => sum + (one.counts ? lostOf(one.counts) : 0), 0) };
  });
}
