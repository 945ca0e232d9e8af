/** Devices, their points and past readings, and how a live batch changes what is shown. */
import type { Level } from "./alerts";
import { query, request } from "./http";
import type { Listing, Text, Value } from "./text";

export type DeviceState = "online" | "offline" | "starting" | "unknown";

/** `quality` is the wire's byte (0 good, 1 uncertain, 2 stale, from 16 bad); `value_text` names the words of a state. */
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

/** One stored reading: time in microseconds, value, quality. */
export type Reading = [at: number, value: Value, quality: number];

export interface Readings {
  point: string;
  unit: string;
  items: Reading[];
  truncated: boolean;
}

/** What the stream says of one device at one instant. */
export interface LiveReadings {
  gateway: string;
  device: string;
  at: number;
  points: Record<string, [value: Value, quality: number, at: number]>;
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

/** Put a live batch onto the device it belongs to; an older value never replaces a newer one. */
export function applyReadings(device: Device, live: LiveReadings): void {
  for (const point of device.points) {
    const now = live.points[point.key];
    if (!now || (point.at !== null && now[2] < point.at)) continue;
    [point.value, point.quality, point.at] = now;
    point.late_s = 0;
  }
  if (device.seen_at === null || live.at > device.seen_at) device.seen_at = live.at;
}
