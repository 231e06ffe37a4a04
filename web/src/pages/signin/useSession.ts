import { useCallback, useEffect, useState } from "react";
import { fetchSession } from "../../api/session";

/** Whether this browser is signed in as admin: null until that is known; `setAdmin` where it has changed. */
export function useSession() {
  const [admin, setAdmin] = useState<boolean | null>(null);

  useEffect(() => {
    const abort = new AbortController();
    fetchSession(abort.signal).then(
      (session) => setAdmin(session.admin),
      // Who cannot be asked about is a guest: the page stays usable, and what needs an admin says so itself.
      () => {
        if (!abort.signal.aborted) setAdmin(false);
      },
    );
    return () => abort.abort();
  }, []);

  const leave = useCallback(() => setAdmin(false), []);
  return { admin, setAdmin, leave };
}
