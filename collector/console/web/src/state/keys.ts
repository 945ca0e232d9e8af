/** One-letter shortcuts that never steal a letter from someone who is typing or from an open dialog. */
import { onMounted, onScopeDispose } from "vue";

function busyElsewhere(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  const target = event.target;
  if (target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]")) return true;
  return document.querySelector(".el-overlay:not([style*='display: none']) [role='dialog']") !== null;
}

/** Call `then` when `key` is pressed while the calling component lives. */
export function useKey(key: string, then: () => void): void {
  function pressed(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== key || busyElsewhere(event)) return;
    event.preventDefault();
    then();
  }
  onMounted(() => addEventListener("keydown", pressed));
  onScopeDispose(() => removeEventListener("keydown", pressed));
}
