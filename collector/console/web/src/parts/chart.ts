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

const NARROWEST_US = 120_000_000;

/** Where the time axis begins: at `from`, or shortly before the first reading where there is nothing earlier. */
function beginning(items: Reading[], from: number, to: number): number {
  const first = items[0]?.[0] ?? from;
  return Math.max(from, Math.min(first - (to - first) * 0.03, to - NARROWEST_US));
}

/** A state that was reported on change holds until now. */
function held(point: Point, items: Reading[], to: number): Reading[] {
  const last = items.at(-1);
  return isState(point) && last && last[0] < to ? [...items, [to, last[1], last[2]]] : items;
}

function dots(point: Point, items: Reading[], lang: keyof Text): (number | string | null)[][] {
  return items.map(([at, value, quality]) => {
    const shown = isState(point) ? valueWords(point, value, lang) : value;
    return [at / 1000, usable(quality) && value !== null ? (shown as number | string) : null];
  });
}

function axisOfStates(point: Point, lang: keyof Text): string[] {
  const values = point.kind === "bool" ? [false, true] : point.values;
  return values.map((value) => valueWords(point, value, lang));
}

/** Options that draw `items` between two times (microseconds); texts in `lang`. */
export function chartOptions(point: Point, items: Reading[], from: number, to: number, lang: keyof Text): Options {
  const states = isState(point);
  const soft = { color: "#66748a", fontSize: 12 };
  return {
    animation: false,
    grid: { left: 8, right: 14, top: 14, bottom: 6, containLabel: true },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      formatter: (shown: unknown) => {
        const [first] = shown as { value: [number, number | string | null] }[];
        if (!first) return "";
        const value = first.value[1];
        const words = typeof value === "number" ? valueWords(point, value, lang) : (value ?? "—");
        return `${dateTime(first.value[0] * 1000)}\n${words} ${states ? "" : point.unit}`;
      },
    },
    xAxis: {
      type: "time",
      min: beginning(items, from, to) / 1000,
      max: to / 1000,
      axisLabel: { ...soft, hideOverlap: true, formatter: (ms: number) => axisTime(ms) },
      axisLine: { lineStyle: { color: "#c6cfdb" } },
      axisPointer: { label: { formatter: (at: { value: unknown }) => clock(Number(at.value) * 1000) } },
    },
    yAxis: states
      ? { type: "category", data: axisOfStates(point, lang), axisLabel: soft, splitLine: { show: true } }
      : { type: "value", scale: true, axisLabel: soft, splitLine: { lineStyle: { color: "#edf1f5" } } },
    series: [
      {
        type: "line",
        step: states ? "end" : false,
        data: dots(point, held(point, items, to), lang),
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
