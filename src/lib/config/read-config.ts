/**
 * YAML text to a whole, validated `RunConfig`. Everything wrong is said at once, each with its field, what was
 * expected, what came, and its line.
 */
import type { Document } from 'yaml';
import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { checkConfig } from './check-config.ts';
import type { Checked } from './check-config.ts';
import { configInvalid } from './config-problem.ts';
import type { ConfigProblem } from './config-problem.ts';
import { migrate } from './migrate.ts';
import type { RunConfig } from './run-config.ts';

/** Where a field's key stands, or the nearest group that is there. */
function offsetOf(document: Document, path: string): number | undefined {
  let node: unknown = document.contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const key of path === '' ? [] : path.split('.')) {
    if (!isMap(node)) return offset;
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    if (!isPair(pair)) return offset;
    if (isNode(pair.key)) offset = pair.key.range?.[0];
    node = pair.value;
  }
  return offset;
}

/** Reads without throwing, for an editor that shows problems as one types. @throws AppError `config.version` */
export function inspectConfig(text: string, source = 'configuration'): Checked {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const located = (offset: number | undefined): { line?: number; column?: number } => {
    if (offset === undefined) return {};
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const broken = [...document.errors, ...document.warnings].map((error): ConfigProblem => ({
    path: '',
    expected: 'YAML',
    got: error.message.replace(/\s+/g, ' '),
    remedy: 'correct the line',
    ...located(error.pos[0])
  }));
  if (broken.length > 0) return { ok: false, problems: broken };
  const checked = checkConfig(migrate(document.toJS({ maxAliasCount: 100 }), source));
  if (checked.ok) return checked;
  const problems = checked.problems.map((problem) => ({ ...problem, ...located(offsetOf(document, problem.path)) }));
  return { ok: false, problems: problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

/**
 * @param source what the text is called in messages: a file's name, `the form`, `the link`
 * @throws AppError `config.invalid` with every problem, or `config.version` for a newer version's text
 */
export function readConfig(text: string, source = 'configuration'): RunConfig {
  const checked = inspectConfig(text, source);
  if (!checked.ok) throw configInvalid(source, checked.problems);
  return checked.config;
}
