/** What happened at devices: a press, a passage, a plate that was read. */
import { query, request } from "./http";
import type { Text, Value } from "./text";

/** `masked`: it tells of a person, and this account may not know whom; then `fields` is empty. `picture`: its reference. */
export interface DeviceEvent {
  id: string;
  device: string;
  name: string;
  words: Text;
  at: number;
  late_s: number;
  masked: boolean;
  fields: Record<string, Value>;
  picture: string;
}

/** The newest `limit` events of a device within a day. */
export function fetchEvents(gateway: string, filter: { device?: string; limit?: number }): Promise<{ items: DeviceEvent[] }> {
  return request("GET", `/gateways/${encodeURIComponent(gateway)}/events${query(filter)}`);
}
