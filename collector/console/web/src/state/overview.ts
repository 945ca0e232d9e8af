/** The district's few numbers, shared by the top bar and the first page, refreshed soon after anything that changes them. */
import { shallowRef } from "vue";
import { ApiError } from "@/data/http";
import { fetchOverview, type Overview } from "@/data/overview";
import { useLive, whenOpened } from "./live";

const SOON_MS = 600;
const REGULAR_MS = 5000;

export const overview = shallowRef<Overview | null>(null);

async function refresh(): Promise<void> {
  try {
    await whenOpened();
    overview.value = await fetchOverview();
  } catch (reason) {
    if (!(reason instanceof ApiError)) throw reason;
  }
}

/** Keep `overview` fresh; call once, in the frame that all pages share. Returns a function that ends it. */
export function keepOverview(): () => void {
  let soon: ReturnType<typeof setTimeout> | null = null;
  const ask = (): void => {
    soon ??= setTimeout(() => {
      soon = null;
      void refresh();
    }, SOON_MS);
  };
  useLive("alert", ask);
  useLive("gateway", ask);
  useLive("command", ask);
  const regular = setInterval(() => {
    if (!document.hidden) void refresh();
  }, REGULAR_MS);
  void refresh();
  return () => {
    clearInterval(regular);
    if (soon) clearTimeout(soon);
  };
}
