/** Does something again and again while a page lives and is looked at. */
import { onScopeDispose } from "vue";

/** Call `then` every `ms` milliseconds while the calling component lives, but not while the page is hidden. */
export function useEvery(ms: number, then: () => Promise<void>): void {
  const timer = setInterval(() => {
    if (!document.hidden) void then();
  }, ms);
  onScopeDispose(() => clearInterval(timer));
}
