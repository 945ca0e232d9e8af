/** The care for alarms: what is out of service or under maintenance, and how well alarms work. */
import type { Alert, Level } from "./alerts";
import { query, request } from "./http";
import type { Listing, Text } from "./text";

/** A device out of service, or with `device` empty a gateway under maintenance until `until`. */
export interface Aside {
  gateway: string;
  device: string;
  kind: "out_of_service" | "maintenance";
  at: number;
  who: string;
  note: string;
  until: number | null;
}

export interface Answer {
  acknowledged: number;
  median_s: number | null;
  p95_s: number | null;
}

/** How often a rule was right, as far as people said; `false_rate` is of those with a disposition. */
export interface RuleCount {
  rule: string;
  text: Text;
  raised: number;
  disposed: number;
  false: number;
  false_rate: number | null;
}

/** One rule at one device, and how often it raised an alert. */
export interface Source {
  gateway: string;
  device: string;
  device_name: string;
  rule: string;
  text: Text;
  raised: number;
}

export interface Performance {
  start: number;
  end: number;
  raised: number;
  levels: Partial<Record<Level, number>>;
  answers: Partial<Record<Level | "all", Answer>>;
  rules: RuleCount[];
  top: Source[];
  flapping: Source[];
  standing: Alert[];
}

export function fetchPerformance(from: number, to: number): Promise<Performance> {
  return request("GET", `/alarms/metrics${query({ from, to })}`);
}

export function fetchAsides(): Promise<Listing<Aside>> {
  return request("GET", "/alarms/aside");
}

const deviceAt = (gateway: string, device: string): string =>
  `/devices/${encodeURIComponent(gateway)}/${encodeURIComponent(device)}`;

export function takeOut(gateway: string, device: string, reason: string): Promise<void> {
  return request("POST", `${deviceAt(gateway, device)}/out-of-service`, { reason });
}

export function putBack(gateway: string, device: string): Promise<void> {
  return request("POST", `${deviceAt(gateway, device)}/back-in-service`, {});
}

/** Suppress the alarms of a gateway's devices until `until`, microseconds since the epoch. */
export function maintain(gateway: string, until: number, reason: string): Promise<void> {
  return request("POST", `/gateways/${encodeURIComponent(gateway)}/maintenance`, { until, reason });
}

export function endMaintenance(gateway: string): Promise<void> {
  return request("POST", `/gateways/${encodeURIComponent(gateway)}/maintenance/end`, {});
}
