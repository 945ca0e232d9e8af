/** Alerts: list with filters, acknowledge. */
import { query, request } from "./http";
import type { CommandState } from "./commands";
import type { Point } from "./devices";
import type { Page, Text, Value } from "./text";

export const LEVELS = ["red", "orange", "yellow", "blue"] as const;
export type Level = (typeof LEVELS)[number];
export type AlertState = "unacknowledged" | "acknowledged" | "returned_unacknowledged" | "closed";

/** What an alert's rule had the gateway do by itself, on one device. */
export interface AlertAction {
  device: string;
  device_name: string;
  name: string;
  text: Text;
  state: CommandState;
  reason: string;
}

/** Times are microseconds since the epoch; `late_s` is how long after the event the collector heard of it. */
export interface Alert {
  id: string;
  gateway: string;
  gateway_name: string;
  device: string;
  device_name: string;
  place: string;
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
  text: Partial<Text>;
  values: Record<string, Value>;
  facts: Pick<Point, "text" | "unit" | "value" | "value_text">[];
  actions: AlertAction[];
  late_s: number;
}

export interface AlertFilter {
  state?: "open" | "closed" | "all";
  level?: string;
  gateway?: string;
  device?: string;
  limit?: number;
  before?: string | number;
}

export function fetchAlerts(filter: AlertFilter): Promise<Page<Alert> & { as_of: number }> {
  return request("GET", `/alerts${query({ ...filter })}`);
}

/** Acknowledge one alert; throws `ApiError` `no_such_alert` or `already_acknowledged`. */
export function acknowledge(id: string, note: string): Promise<Alert> {
  return request("POST", `/alerts/${encodeURIComponent(id)}/ack`, { note });
}

/** Tell whether an alert belongs on a page with this filter. */
export function matches(alert: Alert, filter: AlertFilter): boolean {
  const closed = alert.state === "closed";
  if (filter.state === "open" && closed) return false;
  if (filter.state === "closed" && !closed) return false;
  if (filter.level && !filter.level.split(",").includes(alert.level)) return false;
  if (filter.gateway && alert.gateway !== filter.gateway) return false;
  return !filter.device || alert.device === filter.device;
}

/** Order for the desk: what waits for a person first, then the graver, then what still goes on, then the newer. */
export function byUrgency(a: Alert, b: Alert): number {
  const rank = (one: Alert): number =>
    (one.state === "closed" ? 100 : one.state === "acknowledged" ? 10 : 0) +
    LEVELS.indexOf(one.level) +
    (one.state === "returned_unacknowledged" ? 0.5 : 0);
  return rank(a) - rank(b) || b.raised_at - a.raised_at;
}
