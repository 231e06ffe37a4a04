import { useCallback, useEffect, useSyncExternalStore } from "react";
import { fetchSession } from "../../api/session";

let known: boolean | null = null;
const listeners = new Set<() => void>();

function setAdmin(admin: boolean): void {
  known = admin;
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether this browser is signed in as admin: null until that is known; `setAdmin` where it has changed. One for all. */
export function useSession() {
  const admin = useSyncExternalStore(listen, () => known);

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
