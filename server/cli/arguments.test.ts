import { describe, expect, it } from 'vitest';
import { UsageError, parseCommand } from './arguments.ts';

describe('the command line', () => {
  it('reads train with several files after --data', () => {
    const words = ['train', 'a.yaml', '--data', 'x.bz2', 'y.gz', '--updates', '50', '--out', 'o', '--seed=7'];
    expect(parseCommand(words)).toEqual({
      kind: 'train',
      config: 'a.yaml',
      data: ['x.bz2', 'y.gz'],
      updates: 50,
      seed: 7,
      out: 'o'
    });
  });
  it('gives demo its preset and folder', () => {
    expect(parseCommand(['demo'])).toEqual({
      kind: 'train',
      config: 'configs/au-preoff.sac-lstm.demo.yaml',
      data: [],
      out: 'runs/demo'
    });
  });
  it('reads check-env with its file', () => {
    expect(parseCommand(['check-env', 'mine.ts'])).toEqual({ kind: 'checkEnv', file: 'mine.ts' });
  });
  it('shows help without a verb or when asked', () => {
    expect(parseCommand([]).kind).toBe('help');
    expect(parseCommand(['train', '--help']).kind).toBe('help');
  });
  it.each([
    [['walk'], 'walk'],
    [['check-env'], 'file of an environment'],
    [['check-env', 'a.ts', 'b.ts'], 'b.ts'],
    [['check-env', '--steps'], '--steps'],
    [['train', '--out', 'o'], 'configuration file'],
    [['train', 'a.yaml'], '--out'],
    [['train', 'a.yaml', 'b.yaml', '--out', 'o'], 'b.yaml'],
    [['train', 'a.yaml', '--out', 'o', '--updates', '0'], '--updates'],
    [['train', 'a.yaml', '--out', 'o', '--updates', '5x'], '5x'],
    [['train', 'a.yaml', '--out', 'o', '--data'], '--data'],
    [['train', 'a.yaml', '--out', 'o', '--speed', '3'], '--speed']
  ])('refuses %j and names %s', (words, named) => {
    expect(() => parseCommand(words)).toThrow(UsageError);
    expect(() => parseCommand(words)).toThrow(named);
  });
});
