import { ScatterChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { bare, type Chart, GRID, INK, text, WIDTH } from "./bars.ts";

use([ScatterChart, GridComponent, SVGRenderer]);

/** Points of one kind on lines of time. */
export interface Points {
  readonly name: string;
  readonly colour: string;
  /** Hollow points are told from full ones in grey, too. */
  readonly isHollow: boolean;
  readonly at: readonly { readonly x: number; readonly line: number }[];
}

export interface Timeline {
  /** What each line is, the first at the top. */
  readonly lines: readonly string[];
  readonly points: readonly Points[];
  readonly xName: string;
  readonly xMax: number;
}

const LINE_HEIGHT = 34;

const seriesOf = ({ name, colour, isHollow, at }: Points) => ({
  type: "scatter",
  name,
  silent: true,
  symbol: isHollow ? "circle" : "diamond",
  symbolSize: isHollow ? 13 : 9,
  itemStyle: isHollow ? { color: "transparent", borderColor: colour, borderWidth: 2 } : { color: colour },
  data: at.map(({ x, line }) => [x, line]),
});

function optionOf({ lines, points, xName, xMax }: Timeline): EChartsCoreOption {
  return {
    animation: false,
    grid: { left: 16, right: 24, top: 12, bottom: 40, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      ...{ type: "value", min: 0, max: xMax, minInterval: 1, name: xName, nameLocation: "middle", nameGap: 30 },
      ...{ nameTextStyle: text, axisLabel: text, axisLine: { show: true, lineStyle: { color: INK } } },
      splitLine: { lineStyle: { color: GRID } },
    },
    yAxis: {
      ...{ type: "category", data: lines, inverse: true, axisLabel: text, axisTick: { show: false } },
      ...{ axisLine: { lineStyle: { color: INK } }, splitLine: { show: true, lineStyle: { color: GRID } } },
    },
    series: points.map(seriesOf),
  };
}

/** Draws lines of time with what happened on them, without a browser. */
export function drawTimeline(title: string, timeline: Timeline): Chart {
  const height = 64 + LINE_HEIGHT * timeline.lines.length;
  const drawing = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    drawing.setOption(optionOf(timeline));
    const keys = timeline.points.filter(({ at }) => at.length > 0).map(({ name, colour }) => ({ name, colour }));
    return { title, svg: bare(drawing.renderToSVGString()), keys };
  } finally {
    drawing.dispose();
  }
}
