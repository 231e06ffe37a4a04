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

export type FeedPage = Schemas["FeedAnswer"];
export type Post = Schemas["PostAnswer"];
export type PostBrief = Schemas["PostBrief"];
export type PostPage = Schemas["PostPageAnswer"];
export type Similar = Schemas["SimilarAnswer"];
export type Picture = Schemas["PictureAnswer"];
export type Forecast = Schemas["ForecastAnswer"];
export type Prediction = Schemas["PredictionAnswer"];
export type Duplicate = Schemas["DuplicateAnswer"];
export type SeenPost = Schemas["SeenPost"];
export type ScoreAt = Schemas["ScoreAnswer"];
export type Outcome = Schemas["OutcomeAnswer"];
export type Votes = Schemas["VotesAnswer"];
export type Vote = "dank" | "not dank";
export type ModelName = Forecast["model"];
export type Communities = Schemas["CommunitiesAnswer"];
export type Demo = Schemas["DemoAnswer"];

export type Pair = Schemas["PairAnswer"];
export type PairRequest = Schemas["PairRequest"];
export type PairKept = Schemas["PairKept"];
export type Leaderboard = Schemas["LeaderboardAnswer"];
export type Standing = Schemas["StandingAnswer"];
export type Agreement = Schemas["AgreementAnswer"];
export type Agreements = Schemas["AgreementsAnswer"];
export type Interval = Schemas["Interval"];
export type Ledger = Schemas["LedgerAnswer"];
export type LedgerSide = Schemas["LedgerSideAnswer"];
export type LedgerVersion = Schemas["LedgerVersionAnswer"];
export type ReliabilityBin = Schemas["BinAnswer"];
export type LedgerSpan = Schemas["SpanAnswer"];
export type FollowUps = Schemas["FollowUpsAnswer"];
export type Status = Schemas["StatusAnswer"];
export type Retry = Schemas["RetryAnswer"];
export type Session = Schemas["SessionAnswer"];
export type Schedule = Schemas["ScheduleAnswer"];
export type Schedules = Schemas["SchedulesAnswer"];
export type ScheduleRequest = Schemas["ScheduleRequest"];
export type ScheduleChange = Schemas["ScheduleChange"];
export type ScrapeRun = Schemas["RunAnswer"];
export type TrialRequest = Schemas["TrialRequest"];
export type Trial = Schemas["TrialAnswer"];

export type Models = Schemas["RegistryAnswer"];
export type Model = Schemas["RegisteredAnswer"];
export type ModelState = Model["state"];
export type ModelInFull = Schemas["InFullAnswer"];
export type Process = Schemas["ProcessAnswer"];
export type Decision = Schemas["DecisionAnswer"];
export type GateRuling = Schemas["RulingAnswer"];
export type Difference = Schemas["DifferenceAnswer"];
export type Drift = Models["drift"];
export type Retrain = Models["retrains"][number];
export type Misses = Schemas["MissesAnswer"];
export type Miss = Schemas["MissAnswer"];
export type Slice = Schemas["SliceAnswer"];

/** What a headline and a gauge need of a verdict or of a forecast. */
export type Judgement = Pick<Verdict, "label" | "probability" | "low" | "high" | "percentile" | "reason">;
