/* The floors of the house: imports go down, never up, never in a circle. Rooms of one floor do not import each other. */
const rooms = [
  ['core'],
  ['market'],
  ['config'],
  ['env', 'data', 'compute'],
  ['agents'],
  ['research'],
  ['trading'],
  ['workers'],
  ['notebook'],
  ['ui']
];
const path = (room) => `^src/lib/${room}/`;
const above = (floor) => rooms.slice(floor + 1).flat();

const forbidden = [
  { name: 'no-circles', severity: 'error', from: { pathNot: 'node_modules' }, to: { circular: true } },
  ...rooms.flatMap((floorRooms, floor) =>
    floorRooms.map((room) => {
      const beside = floorRooms.filter((other) => other !== room);
      return {
        name: `floor-${floor}-${room}`,
        comment: `${room} imports only rooms below it`,
        severity: 'error',
        from: { path: path(room) },
        to: { path: [...above(floor), ...beside].map(path).concat('^src/routes/', '^server/') }
      };
    })
  ),
  {
    name: 'server-imports',
    comment: 'the server imports core, market, config and trading only',
    severity: 'error',
    from: { path: '^server/', pathNot: '^server/cli/' },
    to: { path: '^src/lib/(?!core/|market/|config/|trading/)' }
  },
  {
    name: 'command-line-imports',
    comment: 'the command line also checks environments',
    severity: 'error',
    from: { path: '^server/cli/' },
    to: { path: '^src/lib/(?!core/|market/|config/|env/)' }
  },
  {
    name: 'tensors-stay-below',
    comment: 'only compute, agents and their worker know tensors',
    severity: 'error',
    from: { path: '^src/', pathNot: ['^src/lib/(compute|agents)/', '^src/lib/workers/'] },
    to: { path: '@tensorflow' }
  },
  {
    name: 'agents-know-no-markets',
    severity: 'error',
    from: { path: '^src/lib/agents/' },
    to: { path: ['^src/lib/market/', '^src/lib/data/', '^src/lib/env/'] }
  },
  {
    name: 'no-orphans',
    severity: 'warn',
    from: { orphan: true, pathNot: ['\\.d\\.ts$', '\\.test\\.ts$', '^src/(app|routes|hooks|service-worker)'] },
    to: {}
  }
];

module.exports = {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['\\.svelte-kit', '^build/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'browser', 'svelte', 'types', 'default']
    }
  }
};
