/** The audit trail: who did what to what, when, from where, and with what result. */
import { query, request } from "./http";
import type { Page } from "./text";

export interface AuditEntry {
  id: number;
  at: number;
  who: string;
  what: string;
  target: string;
  result: string;
  detail: string;
  address: string;
}

export function fetchAudit(filter: { limit?: number; before?: string | number }): Promise<Page<AuditEntry>> {
  return request("GET", `/audit${query(filter)}`);
}
