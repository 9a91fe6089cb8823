/** From a soft actor-critic's configuration to what it is made of: its kind of critics and the shape of its networks. */
import { unreachable } from '../core/assert.ts';
import type { SoftConfig } from '../config/agent-config.ts';
import type { CriticKind } from './critic-kind.ts';
import { qrSacCritics } from './qr-sac.ts';
import { sacCritics } from './sac.ts';
import { tqcCritics } from './tqc.ts';

export function criticKind(config: SoftConfig): CriticKind {
  switch (config.algorithm) {
    case 'sac':
    case 'sac-lstm':
      return sacCritics;
    case 'tqc':
    case 'tqc-lstm':
      return tqcCritics(config);
    case 'qr-sac':
    case 'qr-sac-lstm':
      return qrSacCritics(config);
    default:
      return unreachable(config);
  }
}

export interface SoftShape {
  /** 0 for no memory. */
  readonly lstmUnits: number;
  readonly hidden: readonly number[];
  readonly burnIn: number;
  readonly sequence: number;
}

/** A memoryless agent learns from single steps: a sequence of one, nothing to warm up. */
export function softShape(config: SoftConfig): SoftShape {
  if ('lstmUnits' in config) {
    const { lstmUnits, hiddenUnits, burnIn, sequence } = config;
    return { lstmUnits, hidden: [hiddenUnits], burnIn, sequence };
  }
  const hidden = Array.from({ length: config.hiddenLayers }, () => config.hiddenUnits);
  return { lstmUnits: 0, hidden, burnIn: 0, sequence: 1 };
}
