/** A notebook that begins with one market: its prices, its trades. Pure. */
import type { NotebookDocument } from '$lib/notebook/document.ts';
import type { MarketInfo } from '$lib/market/tape.ts';
import { marketTitle } from './market-words.ts';
import { runnerName } from './runner-name.ts';

export function marketNotebook(market: MarketInfo, dataset: string, slot: number): NotebookDocument {
  const title = marketTitle(market);
  const runner = market.runners[slot];
  const name = runner === undefined ? 'the first runner' : runnerName(runner);
  const synthetic = market.synthetic ? ' The market is synthetic: a simulator made it.' : '';
  const cell = { open: false, silent: false };
  return {
    title,
    cells: [
      { ...cell, id: 1, mode: 'md', source: `# ${title}\n\nThe last half hour before the off, ${name}.${synthetic}` },
      {
        ...cell,
        id: 2,
        mode: 'js',
        open: true,
        source: [
          `const prices = await series(${JSON.stringify(market.id)}, ${String(slot)});`,
          'display(Plot.plot({',
          `  title: ${JSON.stringify(`Best prices of ${name}`)},`,
          '  width, height: 300,',
          '  x: { label: "minutes to the off", reverse: true },',
          '  y: { label: "price (decimal odds)", grid: true, type: "log" },',
          '  marks: [',
          '    Plot.line(prices, { x: (d) => d.secondsToOff / 60, y: "bestLay", curve: "step-after", stroke: "var(--lay)" }),',
          '    Plot.line(prices, { x: (d) => d.secondsToOff / 60, y: "bestBack", curve: "step-after", stroke: "var(--back)" })',
          '  ]',
          '}));'
        ].join('\n')
      },
      {
        ...cell,
        id: 3,
        mode: 'sql',
        open: true,
        source: [
          '-- what the recording says, by kind of row',
          'select kind, count(*) as rows from tape',
          `where dataset = '${dataset.replaceAll("'", "''")}' and market = '${market.id.replaceAll("'", "''")}'`,
          'group by kind order by rows desc'
        ].join('\n')
      }
    ]
  };
}
