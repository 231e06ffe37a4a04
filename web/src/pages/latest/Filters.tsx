import { Button } from "@mantine/core";
import { type RefObject, useId, useState } from "react";
import type { Communities } from "../../api/types";
import controls from "../../styles/controls.module.css";
import { FilterPanel } from "./FilterPanel";
import styles from "./Filters.module.css";
import { type FeedQuery, filtersIn, SORTS, type Sort } from "./query";
import { SearchField } from "./SearchField";

const SORT_NAMES: Record<Sort, string> = {
  newest: "Newest",
  dankest: "Dankest, says the judge",
  voted: "Dankest, say the people",
  underrated: "Underrated",
};

type Props = {
  query: FeedQuery;
  communities: Communities | null;
  search: RefObject<HTMLInputElement | null>;
  onChange: (change: Partial<FeedQuery>) => void;
  onOpen: () => void;
};

/** Search, order and filters of the feed. */
export function Filters({ query, communities, search, onChange, onOpen }: Props) {
  const count = filtersIn(query);
  const [open, setOpen] = useState(count > 0);
  const panel = useId();

  return (
    <search className={styles.filters} aria-label="Memes">
      <div className={styles.row}>
        <div className={styles.search}>
          <SearchField value={query.q} field={search} onSearch={(q) => onChange({ q })} />
        </div>
        <label className={controls.label}>
          Order
          <select
            className={controls.control}
            value={query.sort}
            data-testid="sort"
            onChange={(event) => onChange({ sort: event.currentTarget.value as Sort })}
          >
            {SORTS.map((sort) => (
              <option key={sort} value={sort}>
                {SORT_NAMES[sort]}
              </option>
            ))}
          </select>
        </label>
        <Button
          size="md"
          className={styles.toggle ?? ""}
          aria-expanded={open}
          aria-controls={panel}
          data-testid="filters"
          onClick={() => {
            setOpen(!open);
            if (!open) onOpen();
          }}
        >
          {count > 0 ? `Filters (${count})` : "Filters"}
        </Button>
      </div>
      <div id={panel} hidden={!open}>
        <FilterPanel query={query} communities={communities} onChange={onChange} />
      </div>
    </search>
  );
}
