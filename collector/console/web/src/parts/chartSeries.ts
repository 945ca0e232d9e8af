/** The lines of the chart: readings that came in time, those that came late, and bands where summaries stand for them. */
import type { CustomSeriesOption, LineSeriesOption } from "echarts/charts";
import type { Point, Reading, Summary } from "@/data/devices";
import { usable } from "@/format/value";
import { isLate } from "@/i18n/chartWords";

const BLUE = "#1f5fbf";
const LATE = "#b0700f";
const FEW = 40;
const FEW_LATE = 120;
const SILENCE_US = 120_000_000;
const MISSED = 10;

/** True for a point whose value is one of a few words and not a number. */
export function isState(point: Point): boolean {
  return point.kind === "enum" || point.kind === "bool";
}

/** The states of a point from the lowest step upwards. */
export function statesOf(point: Point): (string | boolean)[] {
  return point.kind === "bool" ? [false, true] : point.values;
}

/** A state is drawn at its place in the list of states, upwards from 1. */
function height(point: Point, value: Reading[1]): number | null {
  if (!isState(point)) return typeof value === "number" ? value : null;
  const at = statesOf(point).findIndex((one) => one === value);
  return at < 0 ? null : at + 1;
}

/** Time, height, and where in `items` it stands, so that the tooltip finds all of it. */
type Dot = [ms: number, height: number | null, index: number];

/** Numbers come at a steady pace: where many are missing (the gateway was off), nothing is drawn between them. */
function silenceOf(point: Point, items: Reading[]): number {
  if (isState(point) || items.length < 3) return Infinity;
  const steps = items.slice(1).map(([at], n) => at - items[n]![0]);
  const usual = [...steps].sort((a, b) => a - b)[steps.length >> 1] ?? 0;
  return Math.max(SILENCE_US, MISSED * usual);
}

/** The stretches between readings belong to the line that `mine` says of their later end; a gap where none are mine. */
function dots(point: Point, items: Reading[], mine: (one: Reading) => boolean): Dot[] {
  const silence = silenceOf(point, items);
  return items.flatMap((one, n): Dot[] => {
    const [at, value, quality] = one;
    const next = items[n + 1];
    const drawn = usable(quality) && (mine(one) || (next !== undefined && mine(next)));
    const dot: Dot = [at / 1000, drawn ? height(point, value) : null, n];
    const broken = n > 0 && at - items[n - 1]![0] > silence;
    return broken ? [[at / 1000 - 1, null, n], dot] : [dot];
  });
}

function line(point: Point, data: Dot[], few: boolean): LineSeriesOption {
  return {
    type: "line",
    step: isState(point) ? "end" : false,
    data,
    showSymbol: few,
    symbolSize: 5,
    sampling: isState(point) ? undefined : "lttb",
    connectNulls: false,
  };
}

/** Readings in one line, those that came late in another tint with hollow dots. */
export function lines(point: Point, items: Reading[]): LineSeriesOption[] {
  const late = items.filter(isLate).length;
  const whole: LineSeriesOption = {
    ...line(point, dots(point, items, (one) => !isLate(one)), items.length < FEW),
    id: "whole",
    lineStyle: { width: 2, color: BLUE },
    itemStyle: { color: BLUE },
    areaStyle: isState(point) ? undefined : { color: "rgba(31, 95, 191, 0.07)" },
  };
  if (!late) return [whole];
  const tinted: LineSeriesOption = {
    ...line(point, dots(point, items, isLate), late < FEW_LATE),
    id: "late",
    symbol: "emptyCircle",
    lineStyle: { width: 1.5, color: LATE, type: [5, 3] },
    itemStyle: { color: LATE },
  };
  return [whole, tinted];
}

type Window = [middle: number, mean: number | null, low: number, high: number, start: number, end: number, index: number];

function windows(summaries: Summary[]): Window[] {
  return summaries.map(([start, width, , low, mean, high], n) => {
    const [from, to] = [start / 1000, start / 1000 + width * 1000];
    return [(from + to) / 2, mean, low, high, from, to, n];
  });
}

/** The mean from window to window, broken where they do not follow each other. */
function means(all: Window[]): Window[] {
  return all.flatMap((one, n): Window[] => {
    const before = all[n - 1];
    return before && one[4] - before[5] > 1000 ? [[one[4] - 1, null, ...one.slice(2)] as Window, one] : [one];
  });
}

/** A band from lowest to highest for each summary, with the mean as a line through it. */
export function bands(summaries: Summary[]): (CustomSeriesOption | LineSeriesOption)[] {
  if (!summaries.length) return [];
  const all = windows(summaries);
  const band: CustomSeriesOption = {
    type: "custom",
    id: "band",
    clip: true,
    data: all,
    encode: { x: 0, y: [2, 3] },
    renderItem: (_params, api) => {
      const [left = 0, top = 0] = api.coord([api.value(4), api.value(3)]);
      const [right = 0, bottom = 0] = api.coord([api.value(5), api.value(2)]);
      const shape = { x: left, y: top, width: Math.max(1, right - left), height: Math.max(2, bottom - top) };
      return { type: "rect", shape, style: { fill: "rgba(31, 95, 191, 0.2)" } };
    },
  };
  const mean: LineSeriesOption = {
    type: "line",
    id: "mean",
    data: means(all),
    encode: { x: 0, y: 1 },
    showSymbol: false,
    lineStyle: { width: 1.5, color: BLUE, opacity: 0.75 },
    itemStyle: { color: BLUE },
  };
  return [band, mean];
}
