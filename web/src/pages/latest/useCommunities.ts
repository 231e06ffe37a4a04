import { useCallback, useEffect, useState } from "react";
import { fetchCommunities } from "../../api/posts";
import type { Communities } from "../../api/types";

/** What the feed can be filtered by; null until it is known, which the feed does not wait for. */
export function useCommunities() {
  const [communities, setCommunities] = useState<Communities | null>(null);

  const reload = useCallback(() => {
    fetchCommunities().then(setCommunities, () => {
      // The filters that need no list still work.
    });
  }, []);

  useEffect(reload, [reload]);

  return { communities, reload };
}
