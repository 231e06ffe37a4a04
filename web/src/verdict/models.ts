import type { ModelName } from "../api/types";

/** What people call the models. */
export const MODEL_NAMES: Record<ModelName, string> = {
  verdict: "The verdict",
  cnn: "Picture alone",
  automl: "With caption",
};
