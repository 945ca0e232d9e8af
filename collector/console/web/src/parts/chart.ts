/** What the chart library draws for one point: a line for numbers, steps for states; a gap where nothing usable came. */
import { CustomChart, LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use, type ComposeOption, type EChartsType } from "echarts/core";
import type { CustomSeriesOption, LineSeriesOption } from "echarts/charts";
import type { GridComponentOption, TooltipComponentOption } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";
import type { Point, Reading, Summary } from "@/data/devices";
import type { Text } from "@/data/text";
import { clock, hourMinute } from "@/format/time";
import { valueWords } from "@/format/value";
import { readingWords, summaryWords } from "@/i18n/chartWords";
import { bands, isState, lines, statesOf } from "./chartSeries";

use([CustomChart, LineChart, GridComponent, TooltipComponent, CanvasRenderer]);

/** `12:03`, with seconds where the axis is so short that its marks do not fall on minutes. */
function axisTime(ms: number): string {
  return ms % 60_000 ? clock(ms * 1000) : hourMinute(ms * 1000);
}

type Options = ComposeOption<LineSeriesOption | CustomSeriesOption | GridComponentOption | TooltipComponentOption>;
export type Chart = EChartsType;

/** Open a chart in `box`. */
export function openChart(box: HTMLElement): Chart {
  return init(box);
}

const SOFT = { color: "#66748a", fontSize: 12 };
const NARROWEST_US = 120_000_000;

/** Where the time axis begins: at `from`, or shortly before the first of what is drawn where nothing is earlier. */
function beginning({ readings, summaries }: Drawn, from: number, to: number): number {
  const first = Math.min(readings[0]?.[0] ?? Infinity, summaries[0]?.[0] ?? Infinity);
  if (first === Infinity) return from;
  return Math.max(from, Math.min(first - (to - first) * 0.03, to - NARROWEST_US));
}

/** A state that was reported on change holds until now, where its device is still heard. */
function held(point: Point, items: Reading[], to: number, heard: boolean): Reading[] {
  const last = items.at(-1);
  return heard && isState(point) && last && last[0] < to ? [...items, [to, last[1], last[2], 0, 0]] : items;
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

/** What is to be drawn, both in order of time. */
export interface Drawn {
  readings: Reading[];
  summaries: Summary[];
}

export interface Stretch {
  from: number;
  to: number;
  heard: boolean;
}

/** The words of what is nearest to the pointer: each dot and window carries its place in its list as its last number. */
function tip(point: Point, readings: Reading[], summaries: Summary[]): (shown: unknown) => string {
  return (shown) => {
    const found = shown as { seriesId: string; value: (number | null)[] }[];
    const one = found.find((each) => each.value[1] !== null) ?? found[0];
    const index = one?.value.at(-1) ?? -1;
    const [reading, summary] = [readings[index], summaries[index]];
    if (one?.seriesId === "band" || one?.seriesId === "mean") return summary ? summaryWords(point, summary) : "";
    return reading ? readingWords(point, reading) : "";
  };
}

/** Options that draw what there is between two times (microseconds), texts in `lang`; `heard`: the device still reports. */
export function chartOptions(point: Point, drawn: Drawn, { from, to, heard }: Stretch, lang: keyof Text): Options {
  const states = isState(point);
  const readings = held(point, drawn.readings, to, heard);
  return {
    animation: false,
    grid: { left: 8, right: 14, top: states || !point.unit ? 14 : 30, bottom: 6, containLabel: true },
    tooltip: { trigger: "axis", renderMode: "richText", formatter: tip(point, readings, drawn.summaries) },
    xAxis: {
      type: "time",
      min: beginning(drawn, from, to) / 1000,
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
    series: [...(states ? [] : bands(drawn.summaries)), ...lines(point, readings)],
  };
}
