/** A community's plate lists: who is let in, for how long, who is to be noticed; and what its box has in effect. */
import { query, request } from "./http";

export const KINDS = ["white", "visitor", "black"] as const;
export type ListKind = (typeof KINDS)[number];

/** `delivered`: the box has this version in effect, which it took at `in_effect_at`. */
export interface Lists {
  version: number;
  counts: Record<ListKind, number>;
  delivered: boolean;
  in_effect_at: number | null;
  as_of: number;
}

/** Times are microseconds since the epoch; `until` is no longer within; null: without end. */
export interface Entry {
  plate: string;
  since: number | null;
  until: number | null;
  note: string;
  by: string;
  at: number;
}

export interface Entries {
  items: Entry[];
  next_after: string | null;
}

export interface Imported {
  taken: number;
  mistakes: { line: number; words: { zh: string; en: string } }[];
}

const DAY_US = 86_400_000_000;

function of(gateway: string, kind?: ListKind): string {
  return `/gateways/${encodeURIComponent(gateway)}/lists${kind ? `/${kind}` : ""}`;
}

export function fetchLists(gateway: string): Promise<Lists> {
  return request("GET", of(gateway));
}

export function fetchEntries(gateway: string, kind: ListKind, filter: { search?: string; after?: string }): Promise<Entries> {
  return request("GET", of(gateway, kind) + query(filter));
}

export function putEntry(
  gateway: string,
  kind: ListKind,
  plate: string,
  entry: { since: number | null; until: number | null; note: string },
): Promise<Entry> {
  return request("PUT", `${of(gateway, kind)}/plates/${encodeURIComponent(plate)}`, entry);
}

export function removeEntry(gateway: string, kind: ListKind, plate: string): Promise<void> {
  return request("DELETE", `${of(gateway, kind)}/plates/${encodeURIComponent(plate)}`);
}

export function importList(gateway: string, kind: ListKind, text: string, replace: boolean): Promise<Imported> {
  return request("POST", `${of(gateway, kind)}/import`, { text, replace });
}

/** Where the browser fetches the list as a file. */
export function exportAddress(gateway: string, kind: ListKind): string {
  return `/api/v1${of(gateway, kind)}/export`;
}

/** The first microsecond of a day (`2026-05-01`) at the site, null for none. */
export function dayBegins(day: string): number | null {
  return day ? Date.parse(`${day}T00:00:00+08:00`) * 1000 : null;
}

/** The first microsecond after a day, null for none. */
export function dayEnds(day: string): number | null {
  const begins = dayBegins(day);
  return begins === null ? null : begins + DAY_US;
}

/** Read a file as spreadsheets write it: UTF-8, or GB 18030. */
export async function textOf(file: Blob): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}
