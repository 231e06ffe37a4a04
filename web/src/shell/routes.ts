import { lazy } from "react";
import { IS_DEMO } from "../place";

/** A page: its route, its name in the browser's tab, and what shows it, loaded when it is first gone to. */
export type PageRoute = { path: string; title: string; Page: React.ComponentType };

const ALL: readonly PageRoute[] = [
  {
    path: "/",
    title: "Classify your own",
    Page: lazy(() => import("../pages/classify/ClassifyPage").then((it) => ({ default: it.ClassifyPage }))),
  },
  {
    path: "/latest",
    title: "Latest",
    Page: lazy(() => import("../pages/latest/LatestPage").then((it) => ({ default: it.LatestPage }))),
  },
  {
    path: "/posts/:id",
    title: "A meme",
    Page: lazy(() => import("../pages/post/PostRoute").then((it) => ({ default: it.PostRoute }))),
  },
  {
    path: "/danker",
    title: "Which is danker?",
    Page: lazy(() => import("../pages/danker/DankerPage").then((it) => ({ default: it.DankerPage }))),
  },
  {
    path: "/danker/leaderboard",
    title: "Leaderboard",
    Page: lazy(() =>
      import("../pages/leaderboard/LeaderboardPage").then((it) => ({ default: it.LeaderboardPage })),
    ),
  },
  {
    path: "/ledger",
    title: "Ledger",
    Page: lazy(() => import("../pages/ledger/LedgerPage").then((it) => ({ default: it.LedgerPage }))),
  },
  {
    path: "/models",
    title: "Models",
    Page: lazy(() => import("../pages/models/ModelsPage").then((it) => ({ default: it.ModelsPage }))),
  },
  {
    path: "/models/:version",
    title: "A model",
    Page: lazy(() => import("../pages/models/ModelRoute").then((it) => ({ default: it.ModelRoute }))),
  },
  {
    path: "/status",
    title: "Status",
    Page: lazy(() => import("../pages/status/StatusPage").then((it) => ({ default: it.StatusPage }))),
  },
  {
    path: "/communities",
    title: "Communities",
    Page: lazy(() =>
      import("../pages/communities/CommunitiesPage").then((it) => ({ default: it.CommunitiesPage })),
    ),
  },
  {
    path: "/signin",
    title: "Sign in",
    Page: lazy(() => import("../pages/signin/SignInPage").then((it) => ({ default: it.SignInPage }))),
  },
];

export const ROUTES: readonly PageRoute[] = IS_DEMO ? ALL.filter(({ path }) => path === "/") : ALL;
