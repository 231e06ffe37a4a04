import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import { addSchedule } from "../../api/communities";
import type { Schedule } from "../../api/types";
import { Panel } from "../status/Panel";
import { Trouble } from "../status/Trouble";
import { useDoing } from "../status/useDoing";
import { troubleOf } from "../status/words";
import styles from "./AddForm.module.css";
import { Choose } from "./Choose";
import { ListingFields } from "./ListingFields";
import {
  FIRST_OFFER,
  fieldOf,
  type Listing,
  limitFault,
  OFFERS,
  offerOf,
  type SourceName,
  whereFault,
} from "./offers";
import { ADAPTIVE, RhythmField } from "./RhythmField";
import { cronFault } from "./rhythm";
import { TrialResult } from "./TrialResult";
import { useSourceTrial } from "./useSourceTrial";

const SOURCES = OFFERS.map(({ source, name }) => ({ value: source, name }));

/** A community to read from now on, tried out first if one likes. */
export function AddForm({ onAdded }: { onAdded: (schedule: Schedule) => void }) {
  const [source, setSource] = useState<SourceName>(FIRST_OFFER.source);
  const [where, setWhere] = useState("");
  const [listing, setListing] = useState<Listing>("new");
  const [limit, setLimit] = useState("100");
  const [rhythm, setRhythm] = useState(ADAPTIVE);
  const [faults, setFaults] = useState<Partial<Record<"where" | "limit" | "cron", string>>>({});
  const { trial, attempt, forget } = useSourceTrial();
  const { busy, problem, run, forget: forgive } = useDoing();
  const form = useRef<HTMLFormElement>(null);
  const offer = offerOf(source);
  const told = problem && { field: fieldOf(problem.code), text: troubleOf(problem) };

  /** What was said about a form that has changed since is old. */
  function renew() {
    setFaults({});
    forgive();
  }

  function check(): boolean {
    const found = {
      where: whereFault(source, where) ?? "",
      limit: limitFault(limit) ?? "",
      cron: rhythm.own ? (cronFault(rhythm.cron ?? "") ?? "") : "",
    };
    setFaults(found);
    return !found.where && !found.limit && !found.cron;
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!check()) {
      // Once the errors are shown, the first one gets the focus.
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    const cron = rhythm.cron?.trim() ?? null;
    run(
      () => addSchedule({ source, where: where.trim(), sort: listing, limit: Number(limit), cron }),
      (schedule) => {
        setWhere("");
        forget();
        onAdded(schedule);
      },
    );
  }

  function tryIt() {
    const fault = whereFault(source, where);
    setFaults((before) => ({ ...before, where: fault ?? "" }));
    if (!fault) attempt({ source, where: where.trim() });
  }

  return (
    <Panel title="Read one more">
      <form ref={form} className={styles.form} onSubmit={submit} noValidate>
        <Choose
          label="Source"
          value={source}
          options={SOURCES}
          onChange={(chosen) => {
            setSource(chosen);
            setListing("new");
            renew();
            forget();
          }}
        >
          {offer.what}
        </Choose>
        <TextInput
          size="md"
          label={offer.label}
          placeholder={offer.example}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={where}
          error={faults.where || (told?.field === "where" && told.text)}
          onChange={(event) => {
            setWhere(event.currentTarget.value);
            renew();
            forget();
          }}
          data-testid="where"
        />
        <div>
          <Button size="sm" aria-disabled={trial.state === "trying"} onClick={tryIt} data-testid="try">
            Try it
          </Button>
        </div>
        <TrialResult trial={trial} />
        <ListingFields
          listings={offer.listings}
          listing={listing}
          limit={limit}
          error={faults.limit}
          onListing={setListing}
          onLimit={setLimit}
        />
        <RhythmField
          choice={rhythm}
          error={faults.cron || (told?.field === "cron" ? told.text : "")}
          onChange={(choice) => {
            setRhythm(choice);
            renew();
          }}
        />
        {problem && !told?.field && <Trouble problem={problem} next="/communities" />}
        <div>
          <Button type="submit" data-tone="loud" aria-disabled={busy} data-testid="add">
            Add it
          </Button>
        </div>
      </form>
    </Panel>
  );
}
