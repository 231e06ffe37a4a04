import type { components } from "./schema";

type Schemas = components["schemas"];

export type ClassifyAnswer = Schemas["ClassifyAnswer"];
export type FeedbackRequest = Schemas["FeedbackRequest"];
export type Figure = Schemas["FigureAnswer"];
export type ModelCard = Schemas["ModelCardAnswer"];
export type Opinion = FeedbackRequest["opinion"];
export type Problem = Schemas["Problem"];
export type Verdict = Schemas["VerdictAnswer"];
export type Label = Verdict["label"];
