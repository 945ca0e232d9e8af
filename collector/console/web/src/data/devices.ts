/** Devices, their points and past readings, and how a live batch changes what is shown. */
import type { Level } from "./alerts";
import { query, request } from "./http";
import type { Listing, Text, Value } from "./text";

export type DeviceState = "online" | "offline" | "starting" | "unknown";

/**
 * `quality` is the wire's byte (0 good, 1 uncertain, 2 stale, from 16 bad); `value_text` names the words of a state.
 * `withheld`: it tells where somebody is, and the gateway keeps it to itself.
 */
export interface Point {
  key: string;
  text: Text;
  unit: string;
  kind: string;
  values: string[];
  value_text: Record<string, Text> | null;
  value: Value;
  at: number | null;
  quality: number | null;
  quality_text: string;
  late_s: number | null;
  withheld: boolean;
}

export interface Argument {
  min: number;
  max: number;
  default: number;
}

export interface DeviceCommand {
  name: string;
  text: Text;
  confirm: boolean;
  args: Record<string, Argument>;
}

export interface Device {
  gateway: string;
  id: string;
  name: string;
  kind: string;
  kind_text: Text;
  profile: string;
  place: string;
  state: DeviceState;
  seen_at: number | null;
  error: string;
  alerts_open: number;
  worst_level: Level | null;
  points: Point[];
  commands: DeviceCommand[];
}

/**
 * One stored reading: time in microseconds, value, quality; `mark` is the sum of 1 (its time was corrected), 2 (the
 * clock had never been set) and 4 (the clock went on by itself); `late` the seconds it came late, 0 below a minute.
 */
export type Reading = [at: number, value: Value, quality: number, mark: number, late: number];

/** What is left of `n` readings that were thinned: `width` seconds from `start` (microseconds). */
export type Summary = [start: number, width: number, n: number, low: number, mean: number, high: number, last: number];

export interface Readings {
  point: string;
  unit: string;
  items: Reading[];
  summaries: Summary[];
  truncated: boolean;
}

/** What the stream says of one device at one instant. */
export interface LiveReadings {
  gateway: string;
  device: string;
  at: number;
  points: Record<string, [value: Value, quality: number, at: number]>;
}

const WELLNESS = ["wearable_band", "sos_button", "health_station", "sleep_mat", "home_activity"];

/** Tell whether what a device says of somebody's health is for orientation only. */
export function isWellness(device: Pick<Device, "kind">): boolean {
  return WELLNESS.includes(device.kind);
}

function path(gateway: string, device: string): string {
  return `/devices/${encodeURIComponent(gateway)}/${encodeURIComponent(device)}`;
}

export function fetchDevices(filter: { gateway?: string } = {}): Promise<Listing<Device>> {
  return request("GET", `/devices${query(filter)}`);
}

export function fetchDevice(gateway: string, device: string): Promise<Device> {
  return request("GET", path(gateway, device));
}

/** The newest `limit` readings of one point between two times (microseconds), ascending; `truncated`: older ones exist. */
export function fetchReadings(
  gateway: string,
  device: string,
  span: { point: string; from: number; to: number; limit?: number },
): Promise<Readings> {
  return request("GET", `${path(gateway, device)}/readings${query(span)}`);
}

/** From so many seconds on it is worth saying that something came late. */
export const LATE_S = 60;

/** By how many seconds a value taken at `at` comes late at `now` (microseconds); 0 where that is not worth saying. */
export function lateness(at: number, now: number): number {
  const seconds = Math.floor((now - at) / 1e6);
  return seconds >= LATE_S ? seconds : 0;
}

/** Put a batch that came at `arrived` (microseconds) onto the device it belongs to; an older value never replaces a newer one. */
export function applyReadings(device: Device, live: LiveReadings, arrived: number): void {
  for (const point of device.points) {
    const now = live.points[point.key];
    if (!now || (point.at !== null && now[2] < point.at)) continue;
    [point.value, point.quality, point.at] = now;
    point.late_s = lateness(now[2], arrived);
  }
  if (device.seen_at === null || live.at > device.seen_at) device.seen_at = live.at;
}
