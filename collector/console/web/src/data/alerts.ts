/** Alerts: list with filters, acknowledge. */
import { query, request } from "./http";
import type { CommandState } from "./commands";
import type { Point } from "./devices";
import type { Page, Text, Value } from "./text";

export const LEVELS = ["red", "orange", "yellow", "blue"] as const;
export type Level = (typeof LEVELS)[number];
export const ASIDE = ["shelved", "suppressed", "out_of_service"] as const;
export const DISPOSITIONS = ["real", "false", "test", "drill", "duplicate", "device_fault"] as const;
export type Disposition = (typeof DISPOSITIONS)[number];
export type AlertState =
  | "unacknowledged"
  | "acknowledged"
  | "returned_unacknowledged"
  | "latched"
  | (typeof ASIDE)[number]
  | "closed";

/** What an alert's rule had the gateway do by itself, on one device. */
export interface AlertAction {
  device: string;
  device_name: string;
  name: string;
  text: Text;
  state: CommandState;
  reason: string;
}

/** A gateway that heard a call for help, through which of its devices, and when. */
export interface Hearing {
  gateway: string;
  gateway_name: string;
  device: string;
  device_name: string;
  at: number;
  late_s: number;
}

/**
 * Times are microseconds since the epoch; `late_s` is how long after the event the collector heard of it. `heard`: of a
 * call for help, who heard it, the first one first. `picture`: the reference of one of what raised it, or empty.
 */
export interface Alert {
  id: string;
  gateway: string;
  gateway_name: string;
  device: string;
  device_name: string;
  place: string;
  origin: "gateway" | "collector";
  rule: string;
  level: Level;
  state: AlertState;
  latched: boolean;
  since: number;
  raised_at: number;
  cleared_at: number | null;
  acknowledged_at: number | null;
  acknowledged_by: string;
  note: string;
  reset_at: number | null;
  reset_by: string;
  escalation: number;
  escalated_at: number | null;
  aside_until: number | null;
  aside_by: string;
  aside_note: string;
  disposition: Disposition | "";
  flood: string;
  text: Partial<Text>;
  values: Record<string, Value>;
  facts: Pick<Point, "text" | "unit" | "value" | "value_text">[];
  actions: AlertAction[];
  heard: Hearing[];
  late_s: number;
  picture: string;
}

/** Many alerts folded into one line; its id is that of its first-out. */
export interface Flood {
  id: string;
  kind: "offline" | "place";
  first: Alert;
  total: number;
  open: number;
  waiting: number;
  level: Level;
  last_at: number;
}

export interface AlertFilter {
  state?: "open" | "aside" | "closed" | "all";
  level?: string;
  gateway?: string;
  device?: string;
  flood?: string;
  fold?: "true";
  limit?: number;
  before?: string | number;
}

export function fetchAlerts(filter: AlertFilter): Promise<Page<Alert> & { floods: Flood[]; as_of: number }> {
  return request("GET", `/alerts${query({ ...filter })}`);
}

/** What a person says about an alert: a note, and what it turned out to be. */
export interface Said {
  note: string;
  disposition: Disposition | "";
}

/** Acknowledge one alert; throws `ApiError` `no_such_alert` or `already_acknowledged`. */
export function acknowledge(id: string, said: Said): Promise<Alert> {
  return request("POST", `/alerts/${encodeURIComponent(id)}/ack`, said);
}

/** Acknowledge all of a flood that wait; throws `already_acknowledged` where none does. */
export function acknowledgeFlood(id: string, said: Said): Promise<Alert[]> {
  return request("POST", `/floods/${encodeURIComponent(id)}/ack`, said);
}

/** Reset a latched alert that is over; throws `still_standing` or `not_latched`. */
export function reset(id: string, said: Said): Promise<Alert> {
  return request("POST", `/alerts/${encodeURIComponent(id)}/reset`, said);
}

/** Say what an alert turned out to be, also when it is long closed. */
export function dispose(id: string, said: Said): Promise<Alert> {
  return request("POST", `/alerts/${encodeURIComponent(id)}/disposition`, said);
}

/** What a person can do to one alert with a note. */
export type Deed = "ack" | "reset" | "dispose";
export const DEEDS: Record<Deed, (id: string, said: Said) => Promise<Alert>> = { ack: acknowledge, reset, dispose };

/** Put an alert out of sight for some minutes (480 at most); throws `reason_missing` or `not_open`. */
export function shelve(id: string, minutes: number, reason: string): Promise<Alert> {
  return request("POST", `/alerts/${encodeURIComponent(id)}/shelve`, { minutes, reason });
}

/** Bring a shelved alert back; throws `not_shelved`. */
export function unshelve(id: string): Promise<Alert> {
  return request("POST", `/alerts/${encodeURIComponent(id)}/unshelve`, {});
}

/** One thing that happened to an alert; `counts` is false where it came to nothing. */
export interface AlertChange {
  at: number;
  what: string;
  level: Level;
  who: string;
  note: string;
  source: "gateway" | "console" | "collector";
  until: number | null;
  disposition: Disposition | "";
  counts: boolean;
}

export function fetchHistory(id: string): Promise<{ items: AlertChange[] }> {
  return request("GET", `/alerts/${encodeURIComponent(id)}/history`);
}

/** Tell whether somebody has to take note of it. */
export function waits(alert: Alert): boolean {
  return alert.state === "unacknowledged" || alert.state === "returned_unacknowledged";
}

/** Tell whether it is over and a person must reset it. */
export function resettable(alert: Alert): boolean {
  return alert.state === "latched" || (alert.latched && alert.state === "returned_unacknowledged");
}

/** Tell whether it is out of sight. */
export function isAside(alert: Alert): boolean {
  return (ASIDE as readonly string[]).includes(alert.state);
}

/** Tell whether an alert is of this gateway, of this device, or of both; a call is of all who heard it. */
export function isOf(alert: Alert, source: Pick<AlertFilter, "gateway" | "device">): boolean {
  const { gateway, device } = source;
  return [alert, ...alert.heard].some((one) => (!gateway || one.gateway === gateway) && (!device || one.device === device));
}

/** Tell whether an alert belongs on a page with this filter. */
export function matches(alert: Alert, filter: AlertFilter): boolean {
  const closed = alert.state === "closed";
  if (filter.state === "open" && (closed || isAside(alert))) return false;
  if (filter.state === "aside" && !isAside(alert)) return false;
  if (filter.state === "closed" && !closed) return false;
  if (filter.level && !filter.level.split(",").includes(alert.level)) return false;
  return isOf(alert, filter);
}

/** How urgent it is, the less the more: what waits for a person first, then the graver, then what still goes on. */
export function urgency(state: AlertState, level: Level): number {
  const far: Partial<Record<AlertState, number>> = { closed: 100, acknowledged: 10, latched: 5 };
  return (far[state] ?? 0) + LEVELS.indexOf(level) + (state === "returned_unacknowledged" ? 0.5 : 0);
}

/** Order for the desk: the more urgent first, then the newer. */
export function byUrgency(a: Alert, b: Alert): number {
  return urgency(a.state, a.level) - urgency(b.state, b.level) || b.raised_at - a.raised_at;
}
