import { Component, type ReactNode } from "react";
import { PageTitle } from "../components/PageTitle";

type Props = { children: ReactNode };

/** Says so when a page breaks or does not load (the server may have a newer version of it by now). */
export class Mishap extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <PageTitle title="Well, that broke">
        This page did not make it. <a href={window.location.href}>Load it again</a>, there may be a newer one.
      </PageTitle>
    );
  }
}
