import { Button } from "@mantine/core";
import type { Communities, ModelName } from "../../api/types";
import controls from "../../styles/controls.module.css";
import { MODEL_NAMES } from "../../verdict/models";
import styles from "./Filters.module.css";
import { EVERYTHING, type FeedQuery, MODELS, narrows } from "./query";

type Props = {
  query: FeedQuery;
  communities: Communities | null;
  onChange: (change: Partial<FeedQuery>) => void;
};

/** What posts have to be like to be shown. */
export function FilterPanel({ query, communities, onChange }: Props) {
  const all = communities?.communities ?? [];
  const sources = unique([query.source, ...all.map(({ source }) => source)]);
  const near = all.filter(({ source }) => !query.source || source === query.source);
  const names = unique([query.community, ...near.map(({ community }) => community)]);

  const day = (name: "since" | "until", label: string) => (
    <label className={controls.label}>
      {label}
      <input
        type="date"
        className={controls.control}
        value={query[name]}
        onChange={(event) => onChange({ [name]: event.currentTarget.value })}
      />
    </label>
  );
  const chip = (name: "dank" | "originals", label: string) => (
    <button
      type="button"
      className={controls.chip}
      aria-pressed={query[name]}
      onClick={() => onChange({ [name]: !query[name] })}
    >
      {label}
    </button>
  );

  return (
    <div className={styles.panel}>
      <div className={styles.chips}>
        {chip("dank", "Dank only")}
        {chip("originals", "Originals only")}
        {narrows(query) && (
          <Button
            size="sm"
            data-tone="quiet"
            onClick={() => onChange({ ...EVERYTHING, sort: query.sort, model: query.model })}
          >
            Clear filters
          </Button>
        )}
      </div>
      <Choice
        label="Community"
        all="All communities"
        value={query.community}
        options={names}
        onChange={(community) => onChange({ community })}
      />
      <Choice
        label="Source"
        all="All sources"
        value={query.source}
        options={sources}
        onChange={(source) => onChange({ source, community: "" })}
      />
      <label className={controls.label}>
        Whose forecast counts
        <select
          className={controls.control}
          value={query.model}
          onChange={(event) => onChange({ model: event.currentTarget.value as ModelName })}
        >
          {MODELS.map((model) => (
            <option key={model} value={model}>
              {MODEL_NAMES[model]}
            </option>
          ))}
        </select>
      </label>
      {day("since", "From")}
      {day("until", "To")}
    </div>
  );
}

type ChoiceProps = {
  label: string;
  all: string;
  value: string;
  options: string[];
  onChange: (value: string) => void;
};

function Choice({ label, all, value, options, onChange }: ChoiceProps) {
  return (
    <label className={controls.label}>
      {label}
      <select
        className={controls.control}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        <option value="">{all}</option>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

function unique(names: string[]): string[] {
  return [...new Set(names.filter(Boolean))].sort();
}
