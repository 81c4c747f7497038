import { BarChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, GridComponent, SVGRenderer]);

/** A drawing as SVG, and what it shows. */
export interface Chart {
  readonly title: string;
  readonly svg: string;
  /** What its colours stand for; empty where the axis says it. */
  readonly keys: readonly { readonly name: string; readonly colour: string }[];
}

export const WIDTH = 920;
const HEIGHT = 340;
/** More categories than this do not get a label each. */
const LABELS_MAX = 36;
export const INK = "#333333";
export const GRID = "#dddddd";
const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

export interface Bars {
  readonly name: string;
  readonly colour: string;
  /** A bar may have a colour of its own. */
  readonly values: readonly { readonly value: number; readonly colour?: string }[];
}

export interface BarsChart {
  readonly categories: readonly string[];
  readonly bars: readonly Bars[];
  readonly xName: string;
  /** How a value is written on the axis. */
  readonly write: (value: number) => string;
  /** Whether each bar has its value above it. */
  readonly showsValues: boolean;
}

export const text = { color: INK, fontFamily: FONT, fontSize: 12 };

function seriesOf({ name, colour, values }: Bars, { showsValues, write, bars }: BarsChart) {
  return {
    type: "bar",
    name,
    silent: true,
    barCategoryGap: "25%",
    barGap: "8%",
    itemStyle: { color: colour },
    label: {
      show: showsValues,
      position: "top",
      ...text,
      fontSize: bars.length > 1 ? 10 : 11,
      formatter: ({ value }: { readonly value: number }) => (value === 0 ? "" : write(value)),
    },
    data: values.map((bar) => (bar.colour === undefined ? bar.value : { ...bar, itemStyle: { color: bar.colour } })),
  };
}

function optionOf(chart: BarsChart): EChartsCoreOption {
  const { bars, categories, xName, write } = chart;
  return {
    animation: false,
    grid: {
      left: 16,
      right: 24,
      top: 20,
      bottom: xName === "" ? 12 : 40,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    xAxis: {
      type: "category",
      data: categories,
      name: xName,
      nameLocation: "middle",
      nameGap: 44,
      nameTextStyle: text,
      axisLabel: { ...text, fontSize: 11, ...(categories.length > LABELS_MAX ? {} : { interval: 0 }) },
      axisTick: { alignWithLabel: true },
      axisLine: { lineStyle: { color: INK } },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      axisLabel: { ...text, formatter: write },
      splitLine: { lineStyle: { color: GRID } },
    },
    series: bars.map((one) => seriesOf(one, chart)),
  };
}

/** SVG that stands in a page: without what would name another address, and without what follows a pointer. */
export function bare(svg: string): string {
  return svg
    .replaceAll(/ xmlns(?::xlink)?="[^"]*"/g, "")
    .replaceAll(/<style[\s\S]*?<\/style>/g, "")
    .replaceAll(/ (?:class|ecmeta_\w+|pointer-events)="[^"]*"/g, "");
}

/** Draws bars, without a browser. */
export function draw(title: string, chart: BarsChart): Chart {
  const drawing = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  try {
    drawing.setOption(optionOf(chart));
    const keys = chart.bars.length > 1 ? chart.bars.map(({ name, colour }) => ({ name, colour })) : [];
    return { title, svg: bare(drawing.renderToSVGString()), keys };
  } finally {
    drawing.dispose();
  }
}
