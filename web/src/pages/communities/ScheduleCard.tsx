import { Button } from "@mantine/core";
import { useState } from "react";
import { changeSchedule, removeSchedule } from "../../api/communities";
import type { Schedule } from "../../api/types";
import { useNow } from "../../posts/clock";
import { Confirm } from "../status/Confirm";
import { Tag } from "../status/Panel";
import { Trouble } from "../status/Trouble";
import { useDoing } from "../status/useDoing";
import { When } from "../status/When";
import { RunList } from "./RunList";
import { rhythmInWords } from "./rhythm";
import styles from "./ScheduleCard.module.css";

type Props = { schedule: Schedule; onChanged: () => void; onRemoved: () => void };

/** A community that is read again and again. */
export function ScheduleCard({ schedule, onChanged, onRemoved }: Props) {
  const { name, source, where, sort, limit, cron, paused, from_settings, next_utc, runs } = schedule;
  const [asking, setAsking] = useState(false);
  const { busy, problem, run } = useDoing();
  const reading = runs[0]?.ended_utc === null;

  return (
    <li className={styles.card} data-testid="schedule">
      <h3 className={styles.where}>{where}</h3>
      <p className={styles.facts}>
        <Tag tone="quiet">{source}</Tag> {paused && <Tag tone="bad">paused</Tag>} {sort}, up to{" "}
        {limit.toLocaleString("en")} posts, {rhythmInWords(cron)}
        {!paused && <Due at={next_utc} />}
      </p>
      <RunList runs={runs} />
      <div className={styles.actions}>
        <Button
          size="sm"
          aria-disabled={busy}
          onClick={() => run(() => changeSchedule(name, { paused: !paused }), onChanged)}
          data-testid="pause"
        >
          {paused ? "Resume" : "Pause"}
        </Button>
        <Button
          size="sm"
          aria-disabled={busy || reading}
          onClick={() => !reading && run(() => changeSchedule(name, { run_now: true }), onChanged)}
          data-testid="run-now"
        >
          {reading ? "Reading…" : "Read it now"}
        </Button>
        {from_settings ? (
          <span className={styles.fixed}>Comes from DANK_SCHEDULES; remove it there.</span>
        ) : (
          <Button
            size="sm"
            data-tone="quiet"
            aria-disabled={busy}
            onClick={() => setAsking(true)}
            data-testid="remove"
          >
            Remove
          </Button>
        )}
      </div>
      {problem && <Trouble problem={problem} next="/communities" />}
      {asking && (
        <Confirm
          title="Stop reading it?"
          action="Remove it"
          onClose={() => setAsking(false)}
          onConfirm={() => run(() => removeSchedule(name), onRemoved)}
        >
          <p>
            <b>{where}</b> will not be read any more. Posts that came from it stay.
          </p>
        </Confirm>
      )}
    </li>
  );
}

function Due({ at }: { at: number }) {
  const now = useNow();
  if (at <= now) return <>, due now</>;
  return (
    <>
      , next <When at={at} />
    </>
  );
}
