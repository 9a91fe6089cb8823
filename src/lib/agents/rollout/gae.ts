/** Generalised advantage estimation: Schulman et al. 2016, arXiv 1506.02438, eqs. 11 and 16. */

/** Time-major columns of a rollout, each [steps, environments] unless said. */
export interface GaeInputs {
  readonly steps: number;
  readonly environments: number;
  readonly rewards: Float32Array;
  /** Critic's value of the observation the step was decided on. */
  readonly values: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** Value of the last observation of an episode that was truncated at this step; elsewhere not read. */
  readonly truncatedValues: Float32Array;
  /** [environments] value of the observation after the last step; not read where that step ended an episode. */
  readonly lastValues: Float32Array;
  readonly gamma: number;
  readonly lambda: number;
}

/**
 * δ_t = r_t + γ V(s_{t+1}) - V(s_t), A_t = δ_t + γ λ A_{t+1}; an episode's end cuts the sum. A terminated step has no
 * V(s_{t+1}), a truncated one keeps it.
 * @param advantages receives A, [steps, environments]
 * @param returns receives A + V
 */
export function gae(inputs: GaeInputs, advantages: Float32Array, returns: Float32Array): void {
  const { steps, environments, rewards, values, terminated, truncated, gamma, lambda } = inputs;
  for (let e = 0; e < environments; e++) {
    let after = inputs.lastValues[e]!;
    let carried = 0;
    for (let t = steps - 1; t >= 0; t--) {
      const i = t * environments + e;
      if (terminated[i] === 1) {
        after = 0;
        carried = 0;
      } else if (truncated[i] === 1) {
        after = inputs.truncatedValues[i]!;
        carried = 0;
      }
      const delta = rewards[i]! + gamma * after - values[i]!;
      carried = delta + gamma * lambda * carried;
      advantages[i] = carried;
      returns[i] = carried + values[i]!;
      after = values[i]!;
    }
  }
}
