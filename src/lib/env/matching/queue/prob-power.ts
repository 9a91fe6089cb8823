/**
 * Power-law queues, f(x) = x^n: the three ways in which hftbacktest weighs front against back ("Queue models":
 * PowerProbQueueFunc, -Func2, -Func3). A larger n trusts the longer side more. They differ where front and back are
 * unequal: with n = 3, 2 ahead and 4 behind, a lot left from behind with 0.89, 0.30 and 0.96.
 */
import { probabilityRule } from './probability.ts';
import { queueByRule } from './queue-model.ts';
import type { FrontRule, QueueModel } from './queue-model.ts';

/** w = f(back) / (f(back) + f(front)). */
export function probPowerRule(n: number): FrontRule {
  return probabilityRule((parts) => {
    const behind = parts[1]! ** n;
    parts[2] = behind / (behind + parts[0]! ** n);
  });
}

/** w = f(back) / f(back + front). */
export const probPower2Rule = (n: number): FrontRule =>
  probabilityRule((parts) => {
    parts[2] = parts[1]! ** n / (parts[1]! + parts[0]!) ** n;
  });

/** w = 1 - f(front / (front + back)). */
export const probPower3Rule = (n: number): FrontRule =>
  probabilityRule((parts) => {
    parts[2] = 1 - (parts[0]! / (parts[0]! + parts[1]!)) ** n;
  });

/** `n`: above 0; hftbacktest's examples take 3. */
export const probPower = (n: number): QueueModel => queueByRule(`probPower(${String(n)})`, probPowerRule(n));
export const probPower2 = (n: number): QueueModel => queueByRule(`probPower2(${String(n)})`, probPower2Rule(n));
export const probPower3 = (n: number): QueueModel => queueByRule(`probPower3(${String(n)})`, probPower3Rule(n));
