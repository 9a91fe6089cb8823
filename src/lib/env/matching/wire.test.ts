import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Nanos } from '../../core/units.ts';
import { Wire } from './wire.ts';

it('a wire delivers in the order of sending, never before the one ahead, whatever is taken in between', () => {
  const steps = fc.array(fc.record({ due: fc.nat({ max: 1000 }), takes: fc.nat({ max: 2 }) }), { maxLength: 120 });
  fc.assert(
    fc.property(steps, (sent) => {
      const wire = new Wire(() => ({ due: 0 as Nanos, text: -1 }));
      const expected: { due: number; text: number }[] = [];
      let last = 0;
      const take = (): void => {
        const [first] = expected.splice(0, 1);
        if (first === undefined) {
          expect(wire.hasBy(Infinity)).toBe(false);
          return;
        }
        expect(wire.hasBy(first.due - 1)).toBe(false);
        expect(wire.hasBy(first.due)).toBe(true);
        expect(wire.take()).toEqual(first);
      };
      sent.forEach(({ due, takes }, text) => {
        wire.due = due as Nanos;
        wire.send().text = text;
        last = Math.max(last, due);
        expected.push({ due: last, text });
        for (let k = 0; k < takes; k++) take();
      });
      while (expected.length > 0) take();
      take();
    })
  );
});
