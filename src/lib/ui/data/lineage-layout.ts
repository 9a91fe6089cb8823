/** Where each layer of a lineage stands and how the arrows between them run: beside each other where wide. Pure. */
import type { LineageLayer } from '$lib/data/lineage.ts';

export interface PlacedLayer {
  readonly layer: LineageLayer;
  readonly left: number;
  readonly top: number;
  readonly height: number;
}

export interface LineagePicture {
  readonly width: number;
  readonly height: number;
  readonly nodeWidth: number;
  readonly nodes: readonly PlacedLayer[];
  /** SVG paths, each from a layer to one that is made of it. */
  readonly arrows: readonly { readonly from: string; readonly to: string; readonly path: string }[];
}

const NODE_HEIGHT = 128;
/** On a phone letters are larger, and only what says why it is stale needs the room. */
const NARROW_HEIGHT = 112;
const NARROW_STALE_HEIGHT = 172;
const GAP = 20;
/** Between columns: room for an arrow. */
const ARROW = 40;
const NARROW_NODE = 200;
const INDENT = 18;

/** How many layers lie between it and the source. */
function depthOf(layer: LineageLayer, all: readonly LineageLayer[]): number {
  const below = layer.from.flatMap((name) => all.filter((one) => one.name === name && one !== layer));
  return below.length === 0 ? 0 : 1 + Math.max(...below.map((one) => depthOf(one, all)));
}

export function lineagePicture(layers: readonly LineageLayer[], width: number): LineagePicture {
  const depths = layers.map((layer) => depthOf(layer, layers));
  const columns = Math.max(0, ...depths) + 1;
  const nodeWidth = (width - ARROW * (columns - 1)) / columns;
  return nodeWidth >= NARROW_NODE ? beside(layers, depths, { width, nodeWidth }) : below(layers, depths, width);
}

function beside(
  layers: readonly LineageLayer[],
  depths: readonly number[],
  { width, nodeWidth }: { readonly width: number; readonly nodeWidth: number }
): LineagePicture {
  const inColumn = new Map<number, number>();
  const nodes = layers.map((layer, i): PlacedLayer => {
    const depth = depths[i] ?? 0;
    const row = inColumn.get(depth) ?? 0;
    inColumn.set(depth, row + 1);
    return { layer, left: depth * (nodeWidth + ARROW), top: row * (NODE_HEIGHT + GAP), height: NODE_HEIGHT };
  });
  const height = Math.max(1, ...inColumn.values()) * (NODE_HEIGHT + GAP) - GAP;
  const arrows = edges(nodes).map(({ from, to }) => {
    const [x1, y1] = [from.left + nodeWidth, from.top + NODE_HEIGHT / 2];
    const [x2, y2] = [to.left - 3, to.top + NODE_HEIGHT / 2];
    const middle = (x1 + x2) / 2;
    const path = `M${round(x1)} ${round(y1)}C${round(middle)} ${round(y1)} ${round(middle)} ${round(y2)} ${round(x2)} ${round(y2)}`;
    return { from: from.layer.name, to: to.layer.name, path };
  });
  return { width, height, nodeWidth, nodes, arrows };
}

/** One under the other, each as far in as it is from the source. */
function below(layers: readonly LineageLayer[], depths: readonly number[], width: number): LineagePicture {
  const deepest = Math.max(0, ...depths);
  const nodeWidth = Math.max(160, width - deepest * INDENT - INDENT);
  let end = 0;
  const nodes = layers.map((layer, i): PlacedLayer => {
    const height = layer.stale === undefined ? NARROW_HEIGHT : NARROW_STALE_HEIGHT;
    const top = end;
    end += height + GAP;
    return { layer, left: INDENT + (depths[i] ?? 0) * INDENT, top, height };
  });
  const arrows = edges(nodes).map(({ from, to }) => {
    const x = to.left - INDENT / 2;
    const [y1, y2] = [from.top + from.height, to.top + to.height / 2];
    return {
      from: from.layer.name,
      to: to.layer.name,
      path: `M${round(x)} ${round(y1)}V${round(y2)}H${round(to.left - 3)}`
    };
  });
  return {
    width,
    height: Math.max(0, end - GAP),
    nodeWidth,
    nodes,
    arrows
  };
}

const edges = (nodes: readonly PlacedLayer[]): readonly { readonly from: PlacedLayer; readonly to: PlacedLayer }[] =>
  nodes.flatMap((to) =>
    nodes.filter((from) => from !== to && to.layer.from.includes(from.layer.name)).map((from) => ({ from, to }))
  );

const round = (value: number): string => String(Math.round(value * 10) / 10);
