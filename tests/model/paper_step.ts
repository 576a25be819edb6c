/** The constants of a training step in the paper. */
export const paperStep = {
  save: "all",
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
} as const;
