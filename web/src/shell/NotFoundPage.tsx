import { Link } from "wouter";
import { Judge } from "../components/Judge";
import { PageTitle } from "../components/PageTitle";
import styles from "./NotFoundPage.module.css";

export function NotFoundPage() {
  return (
    <>
      <PageTitle title="Nothing dank here">
        There is no page at this address. Try the <Link href="/latest">latest memes</Link>, or{" "}
        <Link href="/">bring your own</Link>.
      </PageTitle>
      <Judge className={styles.judge} shades={false} />
    </>
  );
}
