/** A `RunConfig` as YAML: every field written out, in the schema's order, with its title and unit as a comment. */
import { Document, isMap, isScalar } from 'yaml';
import type { YAMLMap } from 'yaml';
import type { RunConfig } from './run-config.ts';
import type { GroupNode, SchemaNode } from './schema-tree.ts';
import { chosenGroup, runConfigTree } from './schema-tree.ts';

type Mapping = Readonly<Record<string, unknown>>;

const groupFor = (node: SchemaNode, value: Mapping): GroupNode | undefined =>
  node.kind === 'variant' ? chosenGroup(node, value[node.key]) : node.kind === 'group' ? node : undefined;

/** The same values with keys in the schema's order, so that equal configurations are equal texts. */
function ordered(group: GroupNode, value: Mapping): Mapping {
  const entries = [...group.entries].flatMap(([key, node]): [string, unknown][] => {
    const inner = value[key];
    if (inner === undefined) return [];
    const below = groupFor(node, inner as Mapping);
    return [[key, below === undefined ? inner : ordered(below, inner as Mapping)]];
  });
  return Object.fromEntries(entries);
}

function comment(map: YAMLMap, group: GroupNode): void {
  for (const pair of map.items) {
    const node = isScalar(pair.key) ? group.entries.get(String(pair.key.value)) : undefined;
    if (node === undefined) continue;
    if (isMap(pair.value)) {
      const below = groupFor(node, pair.value.toJSON() as Mapping);
      if (below !== undefined) comment(pair.value, below);
    } else if (isScalar(pair.value) && node.kind === 'field' && node.about.unit !== undefined) {
      pair.value.comment = ` ${node.about.unit}`;
    }
  }
}

/**
 * The frozen copy of a run: nothing is left to a default, so a later change of a default cannot change what the run
 * was. Reading it back gives an equal configuration.
 */
export function writeConfig(config: RunConfig): string {
  const document = new Document(ordered(runConfigTree, config));
  if (isMap(document.contents)) comment(document.contents, runConfigTree);
  return document.toString({ lineWidth: 0 });
}
