/** Gateways: what each box says of itself, and the one-time codes that let a new one in. */
import { request } from "./http";
import type { Listing } from "./text";

export type GatewayState = "online" | "late" | "offline" | "unknown";

/**
 * Times are microseconds since the epoch. `pending` counts what the box still owes the collector; `clock_offset_s` is how
 * far its clock is ahead of the collector's; `thinned`, `dropped` and `quarantined` count since its buffer was born;
 * `card_years` is how long a new card would last at `written_per_day` bytes.
 */
export interface Gateway {
  id: string;
  name: string;
  site: string;
  state: GatewayState;
  seen_at: number | null;
  enrolled_at: number | null;
  version: string;
  uptime_s: number | null;
  buffer_state: string;
  buffer_problem: string;
  pending: number | null;
  pending_oldest_at: number | null;
  devices_total: number;
  devices_online: number;
  alerts_open: number;
  config_hash: string;
  config_problem: string;
  key_fingerprint: string;
  clock: string;
  clock_source: string;
  clock_offset_s: number | null;
  thinned: number | null;
  dropped: number | null;
  quarantined: number | null;
  written_per_day: number | null;
  card_years: number | null;
}

export interface Enrolment {
  gateway: string;
  code: string;
  expires_at: number;
}

export function fetchGateways(): Promise<Listing<Gateway>> {
  return request("GET", "/gateways");
}

/** Make a one-time code for a gateway that is to join (administrators only). */
export function enrolGateway(gateway: string, name: string): Promise<Enrolment> {
  return request("POST", "/enrolments", { gateway, name });
}
