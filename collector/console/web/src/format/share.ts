/** How much of what was due has come, as a share, as a number that never rounds a loss away, and as a shade. */
import { lostOf, type Counts } from "@/data/completeness";

/** What came, of what was due: stored, unchanged or thinned; null where nothing was due. */
export function share(counts: Counts): number | null {
  if (counts.expected <= 0) return null;
  return Math.min(1, Math.max(0, (counts.expected - lostOf(counts)) / counts.expected));
}

/** Whole per cent, rounded down: 99 says that something is missing, and 0 only that nothing came. */
export function percent(part: number): number {
  return part > 0 ? Math.max(1, Math.floor(part * 100)) : 0;
}

export type Shade = "none" | "whole" | "nearly" | "some" | "little" | "bare";

/** The step of the scale that a share belongs to. */
export function shade(part: number | null): Shade {
  if (part === null) return "none";
  if (part === 1) return "whole";
  if (part >= 0.99) return "nearly";
  if (part >= 0.9) return "some";
  return part >= 0.5 ? "little" : "bare";
}
