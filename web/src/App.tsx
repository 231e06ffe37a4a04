import { Suspense } from "react";
import { Route, Switch, useLocation } from "wouter";
import styles from "./App.module.css";
import { Waiting } from "./components/Waiting";
import { Arrived } from "./shell/Arrived";
import { Mishap } from "./shell/Mishap";
import { NotFoundPage } from "./shell/NotFoundPage";
import { PageFooter } from "./shell/PageFooter";
import { PageHeader } from "./shell/PageHeader";
import { ROUTES } from "./shell/routes";

export function App() {
  const [pathname] = useLocation();
  return (
    <div className={styles.page}>
      <PageHeader />
      <main id="main" className={styles.main} tabIndex={-1}>
        <Mishap key={pathname}>
          <Suspense fallback={<Waiting what="One moment…" />}>
            <Switch>
              {ROUTES.map(({ path, title, Page }) => (
                <Route key={path} path={path}>
                  <Page />
                  <Arrived pathname={pathname} title={title} />
                </Route>
              ))}
              <Route>
                <NotFoundPage />
                <Arrived pathname={pathname} title="Not found" />
              </Route>
            </Switch>
          </Suspense>
        </Mishap>
      </main>
      <PageFooter />
    </div>
  );
}
