import { Button } from "@mantine/core";
import { useState } from "react";
import { useLocation } from "wouter";
import { adviceFor } from "../../api/advice";
import { deletePost, setHidden } from "../../api/moderation";
import { problemIn } from "../../api/problem";
import type { Post } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { forgetKept } from "../latest/kept";
import { useSession } from "../signin/useSession";
import styles from "./Moderation.module.css";

type Props = { post: Post; onChange: (part: Partial<Post>) => void };
type Doubt = "delete" | "ban";

const QUESTIONS: Record<Doubt, { title: string; text: string; yes: string }> = {
  delete: {
    title: "Delete this post?",
    text: "The post, its forecasts and its votes go for good, and it stays away.",
    yes: "Delete it",
  },
  ban: {
    title: "Ban this picture?",
    text: "The post goes for good, and no post of this picture is let in again, nor of one that looks the same.",
    yes: "Ban it",
  },
};

/** What an admin can do with a post; nothing for everybody else. */
export function Moderation({ post, onChange }: Props) {
  const { admin } = useSession();
  const [, navigate] = useLocation();
  const [doubt, setDoubt] = useState<Doubt | null>(null);
  const [trouble, setTrouble] = useState("");
  if (!admin) return null;

  async function attempt(work: () => Promise<void>) {
    setTrouble("");
    try {
      await work();
    } catch (thrown) {
      const { what, todo } = adviceFor(problemIn(thrown));
      setTrouble(`${what} ${todo}`);
    }
  }
  const hide = () =>
    attempt(async () => {
      const { hidden } = await setHidden(post.id, !post.hidden);
      onChange({ hidden });
    });
  const remove = (ban: boolean) =>
    attempt(async () => {
      setDoubt(null);
      await deletePost(post.id, ban);
      forgetKept(post.id);
      navigate("/latest");
    });

  return (
    <section className={styles.moderation} aria-label="Moderation" data-testid="moderation">
      <b>Moderation</b>
      <Button size="sm" onClick={hide}>
        {post.hidden ? "Show it again" : "Hide"}
      </Button>
      <Button size="sm" onClick={() => setDoubt("delete")}>
        Delete…
      </Button>
      <Button size="sm" onClick={() => setDoubt("ban")}>
        Ban…
      </Button>
      <span role="status">{post.hidden && "Hidden from everybody but admins."}</span>
      {trouble && <p role="alert">{trouble}</p>}
      {doubt && (
        <Dialog title={QUESTIONS[doubt].title} onClose={() => setDoubt(null)}>
          <p>{QUESTIONS[doubt].text}</p>
          <div className={styles.answers}>
            <Button className={styles.danger ?? ""} onClick={() => remove(doubt === "ban")}>
              {QUESTIONS[doubt].yes}
            </Button>
            <Button onClick={() => setDoubt(null)}>Never mind</Button>
          </div>
        </Dialog>
      )}
    </section>
  );
}
