import { useCallback, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { PageTitle } from "../../components/PageTitle";
import { FeedList } from "./FeedList";
import { Filters } from "./Filters";
import { KeysDialog } from "./KeysDialog";
import styles from "./LatestPage.module.css";
import { type FeedQuery, queryOf, searchOf } from "./query";
import { useCommunities } from "./useCommunities";
import { useFeed } from "./useFeed";
import { useKeys } from "./useKeys";
import { useSwitch } from "./useSwitch";

/** The newest posts of all communities, judged. What is asked of the feed stands in the address. */
export function LatestPage() {
  const query = queryOf(useSearch());
  const [, navigate] = useLocation();
  const key = searchOf(query);
  const live = useFeed(key);
  const { communities, reload } = useCommunities();
  const list = useRef<HTMLUListElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const [keysShown, setKeysShown] = useState(false);
  const [keysOn, setKeysOn] = useSwitch("single keys");
  useKeys({ list, search, on: keysOn, onKeys: useCallback(() => setKeysShown(true), []) });

  const change = useCallback(
    (wanted: Partial<FeedQuery>) => {
      const before = queryOf(key);
      // Letters typed one after the other are one search, and one step back.
      const replace = wanted.q !== undefined && wanted.q !== "" && before.q !== "";
      navigate(`/latest${searchOf({ ...before, ...wanted })}`, { replace });
    },
    [key, navigate],
  );

  return (
    <>
      <PageTitle title="Latest">
        Fresh from the communities, judged on arrival.{" "}
        <button type="button" className={styles.keys} onClick={() => setKeysShown(true)}>
          Keys <kbd>?</kbd>
        </button>
      </PageTitle>
      <div className={styles.feed}>
        <Filters query={query} communities={communities} search={search} onChange={change} onOpen={reload} />
        <FeedList query={query} live={live} list={list} onChange={change} />
      </div>
      {keysShown && <KeysDialog on={keysOn} onSwitch={setKeysOn} onClose={() => setKeysShown(false)} />}
    </>
  );
}
