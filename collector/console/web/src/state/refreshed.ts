/** Fetches again soon after live events whose effect the event itself does not carry, many events making one fetch. */
import { onScopeDispose } from "vue";
import type { Gateway } from "@/data/gateways";
import { useLive } from "./live";

const SOON_MS = 1500;
const REGULAR_MS = 30_000;

function telling(gateway: Gateway): string {
  return [gateway.state, gateway.devices_online, gateway.devices_total, gateway.alerts_open].join();
}

/** Call `reload` soon after these events (a gateway's only when it changed something that shows), and now and then. */
export function useRefreshed(events: ("alert" | "gateway" | "command")[], reload: () => Promise<void>): void {
  let soon: ReturnType<typeof setTimeout> | null = null;
  const known = new Map<string, string>();
  const ask = (): void => {
    soon ??= setTimeout(() => {
      soon = null;
      void reload();
    }, SOON_MS);
  };
  for (const event of events) {
    if (event !== "gateway") useLive(event, ask);
    else {
      useLive("gateway", (gateway) => {
        const now = telling(gateway);
        if (known.get(gateway.id) !== now) ask();
        known.set(gateway.id, now);
      });
    }
  }
  const regular = setInterval(() => {
    if (!document.hidden) ask();
  }, REGULAR_MS);
  onScopeDispose(() => {
    clearInterval(regular);
    if (soon) clearTimeout(soon);
  });
}
