/** The collector's time on this screen: its clock, ticking once a second, whatever the computer's own clock says. */
import { readonly, ref } from "vue";

let offsetMs = 0;
const current = ref(Date.now() * 1000);

/** The collector's time at this very moment, microseconds since the epoch. */
export function presentTime(): number {
  return Math.round((Date.now() + offsetMs) * 1000);
}

function tick(): void {
  current.value = presentTime();
}

/** Learn the collector's time (microseconds since the epoch) at this very moment. */
export function learnTime(asOf: number): void {
  offsetMs = asOf / 1000 - Date.now();
  tick();
}

/** The collector's present time, microseconds since the epoch; changes every second. */
export const now = readonly(current);

setInterval(tick, 1000);
