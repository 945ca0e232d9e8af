/** Commands: ask a device for something, and follow what came of it. */
import { query, request } from "./http";
import type { Text, Value } from "./text";

export type CommandState = "queued" | "sent" | "executed" | "refused" | "expired" | "unknown";

/** `by` is a person, or `rule:` and its id where a rule of the gateway asked; then `alert_text` says about what. */
export interface CommandRecord {
  id: string;
  gateway: string;
  device: string;
  device_name: string;
  name: string;
  args: Record<string, Value>;
  reason: string;
  by: string;
  alert: string;
  alert_text: Partial<Text>;
  issued_at: number;
  expires_at: number;
  state: CommandState;
  outcome_at: number | null;
  outcome_reason: string;
  outcome_detail: string;
  readback: Record<string, Value>;
}

export interface CommandWish {
  gateway: string;
  device: string;
  name: string;
  args: Record<string, Value>;
  reason: string;
}

/** Tell whether a command has its outcome. */
export function isFinal(state: CommandState): boolean {
  return state !== "queued" && state !== "sent";
}

/** The reference of the picture that a command took, empty where it took none. */
export function pictureOf(record: CommandRecord): string {
  const reference = record.readback.snapshot_ref;
  return typeof reference === "string" ? reference : "";
}

export function fetchCommands(filter: { gateway?: string; device?: string; limit?: number }): Promise<{
  items: CommandRecord[];
}> {
  return request("GET", `/commands${query(filter)}`);
}

export function fetchCommand(id: string): Promise<CommandRecord> {
  return request("GET", `/commands/${encodeURIComponent(id)}`);
}

/** Send a command; throws `ApiError` (`gateway_offline`, `not_allowed`, `reason_missing` ...). */
export function sendCommand(wish: CommandWish): Promise<CommandRecord> {
  return request("POST", "/commands", wish);
}
