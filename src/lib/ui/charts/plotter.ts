/** uPlot with the house's look: hairlines, tabular figures, dashed baselines, an open circle for the kept checkpoint. */
import uPlot from 'uplot';
import { formatTick } from '../format.ts';
import { valueRange } from './series.ts';
import type { Baseline, ChartSeries } from './series.ts';
import { themeColours, withAlpha } from './theme-colours.ts';

export interface PlotterOptions {
  readonly series: readonly ChartSeries[];
  readonly range: readonly [number | undefined, number | undefined];
  readonly tick: (value: number) => string;
  readonly onHover: (index: number | undefined) => void;
}

export interface PlotterData {
  readonly x: Float64Array;
  readonly series: readonly ChartSeries[];
  readonly baselines: readonly Baseline[];
  readonly markX: number | undefined;
}

const nullable = (values: ArrayLike<number>): (number | null)[] =>
  Array.from(values, (value) => (Number.isFinite(value) ? value : null));

/** CSS pixels between figures and plot, and the least that both take: charts above each other then begin alike. */
const AXIS_GAP = 4;
const AXIS_WIDTH = 44;

/** CSS pixels that the figures of a value axis take with their gap. */
function widthOf(context: CanvasRenderingContext2D, font: string, figures: readonly string[] | null): number {
  context.save();
  context.font = font;
  const widest = Math.max(0, ...(figures ?? []).map((figure) => context.measureText(figure).width));
  context.restore();
  return Math.max(AXIS_WIDTH, Math.ceil(widest) + AXIS_GAP);
}

/** Lives as long as its element and theme; made again when either changes. */
export class Plotter {
  readonly #chart: uPlot;
  readonly #watch: ResizeObserver;
  #data: PlotterData | undefined;
  readonly #colours;

  constructor(host: HTMLElement, options: PlotterOptions) {
    this.#colours = themeColours(host, ['ink', 'muted', 'line', 'accent', 'background']);
    const { clientWidth: width, clientHeight: height } = host;
    this.#chart = new uPlot(
      this.#options({ ...options, width: Math.max(40, width), height: Math.max(40, height) }),
      [[], ...options.series.map(() => [])],
      host
    );
    this.#watch = new ResizeObserver(() => {
      if (host.clientWidth > 0 && host.clientHeight > 0) {
        this.#chart.setSize({ width: host.clientWidth, height: host.clientHeight });
      }
    });
    this.#watch.observe(host);
  }

  draw(data: PlotterData): void {
    this.#data = data;
    this.#chart.setData([data.x, ...data.series.map((one) => nullable(one.values))] as uPlot.AlignedData);
  }

  dispose(): void {
    this.#watch.disconnect();
    this.#chart.destroy();
  }

  #options(given: PlotterOptions & { width: number; height: number }): uPlot.Options {
    const { series, range, tick, onHover, width, height } = given;
    const { muted, line } = this.#colours;
    const font = `11px Inter, system-ui, sans-serif`;
    const axis = { stroke: muted, font, ticks: { show: false } };
    const values = (write: (value: number) => string) => (_: uPlot, ticks: number[]) => ticks.map(write);
    return {
      width,
      height,
      padding: [8, 14, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        x: { time: false },
        y: {
          range: () =>
            valueRange(
              (this.#data?.series ?? []).map((one) => one.values),
              this.#data?.baselines ?? [],
              range
            )
        }
      },
      axes: [
        {
          ...axis,
          // The axis' own name stands where a figure at its very start would.
          values: (chart, ticks) => ticks.map((at) => (chart.valToPos(at, 'x') < 16 ? '' : formatTick(at))),
          grid: { show: false },
          size: 22,
          gap: 3,
          space: 60
        },
        {
          ...axis,
          values: values(tick),
          grid: { stroke: line, width: 1 },
          size: (chart, figures) => widthOf(chart.ctx, font, figures),
          gap: AXIS_GAP,
          space: 36
        }
      ],
      series: [{}, ...series.map((one) => this.#line(one))],
      hooks: {
        drawAxes: [(chart) => this.#baselines(chart)],
        draw: [(chart) => this.#mark(chart)],
        setCursor: [(chart) => onHover(chart.cursor.idx ?? undefined)]
      }
    };
  }

  #line(one: ChartSeries): uPlot.Series {
    const stroke = one.tone === 'faint' ? withAlpha(this.#colours.accent, 0.28) : this.#colours[one.tone];
    return {
      stroke,
      width: one.tone === 'accent' ? 1.75 : one.tone === 'faint' ? 1 : 1.25,
      ...(one.dashed === true ? { dash: [5, 4] } : {}),
      spanGaps: true,
      points: { show: (chart) => (chart.data[0].length < 2 ? true : false), size: 6, fill: stroke }
    };
  }

  /** Under the curves, labelled at the left, where a run's curve is still far from them. */
  #baselines(chart: uPlot): void {
    const { ctx, bbox } = chart;
    const ratio = devicePixelRatio;
    const lines = (this.#data?.baselines ?? [])
      .map((baseline) => ({ label: baseline.label, y: chart.valToPos(baseline.value, 'y', true) }))
      .filter((line) => Number.isFinite(line.y))
      .sort((a, b) => a.y - b.y);
    ctx.save();
    ctx.font = `${String(11 * ratio)}px Inter, system-ui, sans-serif`;
    ctx.textAlign = 'left';
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.strokeStyle = this.#colours.muted;
    ctx.fillStyle = this.#colours.muted;
    // Labels of lines that are close stand side by side, so that none lies on another.
    let x = bbox.left + 4 * ratio;
    lines.forEach((line, index) => {
      ctx.beginPath();
      ctx.moveTo(bbox.left, line.y);
      ctx.lineTo(bbox.left + bbox.width, line.y);
      ctx.stroke();
      const above = lines[index - 1];
      const crowded = above !== undefined && line.y - above.y < 28 * ratio;
      x = crowded ? x + ctx.measureText(above.label).width + 12 * ratio : bbox.left + 4 * ratio;
      const room = line.y - bbox.top > 14 * ratio;
      const y = room && !crowded ? line.y - 5 * ratio : this.#below(line.y, bbox, ratio);
      // No grid line goes through the letters.
      ctx.save();
      ctx.setLineDash([]);
      ctx.lineWidth = 3 * ratio;
      ctx.strokeStyle = this.#colours.background;
      ctx.strokeText(line.label, x, y);
      ctx.restore();
      ctx.fillText(line.label, x, y);
    });
    ctx.restore();
  }

  #below(y: number, bbox: uPlot.BBox, ratio: number): number {
    return y + 12 * ratio < bbox.top + bbox.height ? y + 12 * ratio : y - 4 * ratio;
  }

  #mark(chart: uPlot): void {
    const data = this.#data;
    const values = data?.series[0]?.values;
    if (data?.markX === undefined || values === undefined || data.x.length === 0) return;
    let at = data.x.length - 1;
    while (at > 0 && ((data.x[at] ?? 0) > data.markX || !Number.isFinite(values[at] ?? NaN))) at--;
    const value = values[at] ?? NaN;
    if (!Number.isFinite(value)) return;
    const { ctx } = chart;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.arc(chart.valToPos(data.x[at] ?? 0, 'x', true), chart.valToPos(value, 'y', true), 4 * ratio, 0, 2 * Math.PI);
    ctx.fillStyle = this.#colours.background;
    ctx.strokeStyle = this.#colours.ink;
    ctx.lineWidth = 1.5 * ratio;
    ctx.fill();
    ctx.stroke();
    ctx.restore();
  }
}
