/** The whole district in a few numbers. */
import type { Level } from "./alerts";
import { request } from "./http";

export interface Overview {
  gateways: { total: number; online: number; late: number; offline: number; unknown: number };
  devices: { total: number; online: number; offline: number };
  alerts: Record<Level, number> & { unacknowledged: number };
  readings_total: number;
  readings_last_minute: number;
  commands_waiting: number;
  as_of: number;
}

export function fetchOverview(): Promise<Overview> {
  return request("GET", "/overview");
}
