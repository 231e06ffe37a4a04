import type { Interval, LedgerSide, LedgerVersion, ModelName, ReliabilityBin } from "../../api/types";
import { figure, percent } from "../../verdict/format";

const NAMES: Record<ModelName, string> = {
  verdict: "The judge",
  cnn: "The picture alone",
  automl: "With the caption",
};

/** What people call a model. */
export function nameOf(model: ModelName): string {
  return NAMES[model];
}

type SideWords = { title: string; badge: string; what: string; none: string };

const SIDES: Record<LedgerSide["kind"], SideWords> = {
  live: {
    title: "Live",
    badge: "made before",
    what: "Each forecast was written down while its post was new. Nobody, the model included, knew the outcome.",
    none: "No forecast of a post whose outcome is known yet. Posts have to come in, and then grow old enough.",
  },
  replayed: {
    title: "Replayed",
    badge: "made afterwards",
    what: "These forecasts were made when the outcome was known already, though not to the model. Good for comparing versions, but proof of nothing: they stay apart from the live ones.",
    none: "Nothing has been replayed.",
  },
};

/** How a side of the ledger is explained. */
export function sideWords(kind: LedgerSide["kind"]): SideWords {
  return SIDES[kind];
}

/** The figures of a version, in the order they are shown. `chance` is what a coin would get. */
export type FigureOf = {
  key: "auc" | "pair_accuracy" | "calibration_error" | "brier";
  name: string;
  what: string;
  chance: number | null;
};

export const FIGURES: readonly FigureOf[] = [
  {
    key: "auc",
    name: "AUC",
    what: "How often a dank meme gets a higher forecast than one that is not. A coin gets 0.5.",
    chance: 0.5,
  },
  {
    key: "pair_accuracy",
    name: "Pairs right",
    what: "Of two posts of one community, close in time: how often the better one got the higher forecast. A coin gets 0.5.",
    chance: 0.5,
  },
  {
    key: "calibration_error",
    name: "Calibration error",
    what: "How far forecasts are from what happened, on average. 0 is perfect.",
    chance: null,
  },
  {
    key: "brier",
    name: "Brier score",
    what: "The mean squared distance of forecast and outcome. Lower is better.",
    chance: null,
  },
];

/** `0.612 (0.571 to 0.649)`; a dash where there is no figure. */
export function withInterval(interval: Interval | null): string {
  return interval ? `${figure(interval.value)} (${figure(interval.low)} to ${figure(interval.high)})` : "—";
}

/** Why a version has no figures, in one line. */
export function tooLittle({ message, posts, needed }: LedgerVersion): string {
  const why = message ?? `${posts} of ${needed} posts have an outcome`;
  return `Too little to say: ${why.charAt(0).toLowerCase()}${why.slice(1).replace(/\.$/, "")}.`;
}

/** A reliability diagram in one sentence. */
export function reliabilityInWords(bins: readonly ReliabilityBin[]): string {
  const points = bins.map((bin) => `${percent(bin.forecast)} came true ${percent(bin.observed)} of the time`);
  return `Forecasts against outcomes: ${points.join("; ")}.`;
}

/** Whether a figure's interval holds what a coin would get. */
export function couldBeChance(interval: Interval, chance: number | null): boolean {
  return chance !== null && interval.low <= chance && interval.high >= chance;
}
