/** What the chart library draws for one point: a line for numbers, steps for states; a gap where nothing usable came. */
import { LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use, type ComposeOption, type EChartsType } from "echarts/core";
import type { LineSeriesOption } from "echarts/charts";
import type { GridComponentOption, TooltipComponentOption } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";
import type { Point, Reading } from "@/data/devices";
import type { Text } from "@/data/text";
import { clock, dateTime, hourMinute } from "@/format/time";
import { usable, valueWords } from "@/format/value";

use([LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

/** `12:03`, with seconds where the axis is so short that its marks do not fall on minutes. */
function axisTime(ms: number): string {
  return ms % 60_000 ? clock(ms * 1000) : hourMinute(ms * 1000);
}

type Options = ComposeOption<LineSeriesOption | GridComponentOption | TooltipComponentOption>;
export type Chart = EChartsType;

/** Open a chart in `box`. */
export function openChart(box: HTMLElement): Chart {
  return init(box);
}

/** True for a point whose value is one of a few words and not a number. */
export function isState(point: Point): boolean {
  return point.kind === "enum" || point.kind === "bool";
}

const SOFT = { color: "#66748a", fontSize: 12 };
const NARROWEST_US = 120_000_000;

/** Where the time axis begins: at `from`, or shortly before the first reading where there is nothing earlier. */
function beginning(items: Reading[], from: number, to: number): number {
  const first = items[0]?.[0] ?? from;
  return Math.max(from, Math.min(first - (to - first) * 0.03, to - NARROWEST_US));
}

/** A state that was reported on change holds until now, where its device is still heard. */
function held(point: Point, items: Reading[], to: number, heard: boolean): Reading[] {
  const last = items.at(-1);
  return heard && isState(point) && last && last[0] < to ? [...items, [to, last[1], last[2]]] : items;
}

function statesOf(point: Point): (string | boolean)[] {
  return point.kind === "bool" ? [false, true] : point.values;
}

/** A state is drawn at its place in the list of states, upwards from 1. */
function height(point: Point, value: Reading[1]): number | null {
  if (!isState(point)) return typeof value === "number" ? value : null;
  const at = statesOf(point).findIndex((one) => one === value);
  return at < 0 ? null : at + 1;
}

function dots(point: Point, items: Reading[]): (number | null)[][] {
  return items.map(([at, value, quality]) => [at / 1000, usable(quality) ? height(point, value) : null]);
}

/** An axis of words must be one of numbers underneath: along a category axis the library draws steps sideways. */
function axisOfStates(point: Point, lang: keyof Text) {
  const names = statesOf(point).map((value) => valueWords(point, value, lang));
  return {
    type: "value",
    min: 0,
    max: names.length + 0.5,
    interval: 1,
    axisLabel: { ...SOFT, formatter: (at: number) => names[at - 1] ?? "" },
    axisTick: { show: false },
    splitLine: { show: true, lineStyle: { color: "#edf1f5" } },
  } as const;
}

const SILENCE_US = 120_000_000;
const MISSED = 10;

/** Numbers come at a steady pace: where many are missing (the gateway was off), nothing is drawn between them. */
function parted(point: Point, items: Reading[]): Reading[] {
  if (isState(point) || items.length < 3) return items;
  const steps = items.slice(1).map(([at], n) => at - items[n]![0]);
  const usual = [...steps].sort((a, b) => a - b)[steps.length >> 1] ?? 0;
  const silence = Math.max(SILENCE_US, MISSED * usual);
  return items.flatMap((one, n) => (n && steps[n - 1]! > silence ? [[one[0] - 1000, null, 2] as Reading, one] : [one]));
}

export interface Stretch {
  from: number;
  to: number;
  heard: boolean;
}

/** Options that draw `items` between two times (microseconds), texts in `lang`; `heard`: the device still reports. */
export function chartOptions(point: Point, items: Reading[], { from, to, heard }: Stretch, lang: keyof Text): Options {
  const states = isState(point);
  return {
    animation: false,
    grid: { left: 8, right: 14, top: states || !point.unit ? 14 : 30, bottom: 6, containLabel: true },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      formatter: (shown: unknown) => {
        const [first] = shown as { value: [number, number | null] }[];
        if (!first) return "";
        const [at, drawn] = first.value;
        const value = states && drawn !== null ? (statesOf(point)[drawn - 1] ?? null) : drawn;
        return `${dateTime(at * 1000)}\n${valueWords(point, value, lang)} ${states ? "" : point.unit}`;
      },
    },
    xAxis: {
      type: "time",
      min: beginning(items, from, to) / 1000,
      max: to / 1000,
      axisLabel: { ...SOFT, hideOverlap: true, formatter: (ms: number) => axisTime(ms) },
      axisLine: { lineStyle: { color: "#c6cfdb" } },
      axisPointer: { label: { formatter: (at: { value: unknown }) => clock(Number(at.value) * 1000) } },
    },
    yAxis: states
      ? axisOfStates(point, lang)
      : {
          type: "value",
          scale: true,
          name: point.unit === "1" ? "" : point.unit,
          nameTextStyle: { ...SOFT, align: "right" },
          axisLabel: SOFT,
          splitLine: { lineStyle: { color: "#edf1f5" } },
        },
    series: [
      {
        type: "line",
        step: states ? "end" : false,
        data: dots(point, parted(point, held(point, items, to, heard))),
        showSymbol: items.length < 40,
        symbolSize: 5,
        sampling: states ? undefined : "lttb",
        connectNulls: false,
        lineStyle: { width: 2, color: "#1f5fbf" },
        itemStyle: { color: "#1f5fbf" },
        areaStyle: states ? undefined : { color: "rgba(31, 95, 191, 0.07)" },
      },
    ],
  };
}
