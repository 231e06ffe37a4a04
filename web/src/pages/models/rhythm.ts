/** So many seconds after each answer the models are asked about again: a promotion reaches everyone within a few. */
export const SECONDS = 3;
