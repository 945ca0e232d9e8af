/** The one live connection to the collector: keeps it up, says honestly how fresh it is, and hands events to pages. */
import { computed, onScopeDispose, readonly, ref } from "vue";
import type { Alert, Flood } from "@/data/alerts";
import type { CommandRecord } from "@/data/commands";
import type { LiveReadings } from "@/data/devices";
import type { Gateway } from "@/data/gateways";
import { readStream, type Frame } from "@/data/sse";
import { learnTime, presentTime } from "./now";

interface Events {
  readings: LiveReadings;
  alert: Alert;
  flood: Flood;
  command: CommandRecord;
  gateway: Gateway;
}

const SILENCE_MS = 10_000;
const LONGEST_WAIT_MS = 15_000;

const asOf = ref<number | null>(null);
const silentMs = ref(0);
const connected = ref(false);
const reloads = ref(0);
const listeners: { [K in keyof Events]: Set<(event: Events[K]) => void> } = {
  readings: new Set(),
  alert: new Set(),
  flood: new Set(),
  command: new Set(),
  gateway: new Set(),
};

let running = false;
let lastFrame = performance.now();
let openedAt = performance.now();
let lastId = "";
let failures = 0;
let everOpened = false;
let attempt: AbortController | null = null;
let wake: () => void = () => {};
let firstOpen: () => void = () => {};
let opening = Promise.resolve();

/** `live`: frames come; `shaky`: reconnecting, the screen is still fresh; `lost`: what is shown is old. */
export const link = computed<"live" | "shaky" | "lost">(() => {
  if (silentMs.value >= SILENCE_MS) return "lost";
  return connected.value ? "live" : "shaky";
});

/** The collector's time of the newest frame, microseconds since the epoch; null before the first. */
export const dataAsOf = readonly(asOf);

/** Grows when everything on the screen must be fetched again (a gap in the stream could not be replayed). */
export const reloadCount = readonly(reloads);

function deliver(frame: Frame): void {
  failures = 0;
  lastFrame = performance.now();
  silentMs.value = 0;
  if (frame.id) lastId = frame.id;
  if (frame.event === "ping") {
    learnTime((frame.data as { as_of: number }).as_of);
  } else if (frame.event === "reset") {
    lastId = "";
    reloads.value += 1;
  } else if (frame.event in listeners) {
    const name = frame.event as keyof Events;
    for (const listener of listeners[name]) (listener as (event: unknown) => void)(frame.data);
  }
  if (asOf.value !== null || frame.event === "ping") asOf.value = presentTime();
}

function opened(): void {
  connected.value = true;
  openedAt = performance.now();
  if (everOpened && !lastId) reloads.value += 1;
  everOpened = true;
  firstOpen();
}

async function keepUp(): Promise<void> {
  while (running) {
    attempt = new AbortController();
    try {
      await readStream({ opened, frame: deliver }, lastId, attempt.signal);
    } catch {
      // Refused, cut or silent: all the same to the person, who sees the badge; we try again.
    }
    connected.value = false;
    firstOpen();
    if (!running) return;
    failures += 1;
    const wait = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (failures - 1)) * (0.7 + 0.3 * Math.random());
    await new Promise<void>((done) => {
      wake = done;
      setTimeout(done, wait);
    });
  }
}

function watch(): void {
  const now = performance.now();
  silentMs.value = now - lastFrame;
  if (running && connected.value && now - Math.max(lastFrame, openedAt) >= SILENCE_MS) attempt?.abort();
}

/** Connect and stay connected until `stopLive`. */
export function startLive(): void {
  if (running) return;
  running = true;
  lastFrame = performance.now();
  opening = new Promise((done) => (firstOpen = done));
  void keepUp();
}

/** Disconnect and forget what was heard (the person logged out). */
export function stopLive(): void {
  running = false;
  lastId = "";
  everOpened = false;
  asOf.value = null;
  attempt?.abort();
  wake();
}

/** Resolve once the first attempt to connect came to something: what is fetched after it misses no event. */
export function whenOpened(): Promise<void> {
  return Promise.race([opening, new Promise<void>((done) => setTimeout(done, 1500))]);
}

/** Call `listener` for each live event of this name while the calling component lives. */
export function useLive<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): void {
  listeners[name].add(listener);
  onScopeDispose(() => listeners[name].delete(listener));
}

setInterval(watch, 500);
addEventListener("online", () => wake());
