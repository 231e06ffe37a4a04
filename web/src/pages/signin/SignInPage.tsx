import { useLocation, useSearch } from "wouter";
import { PageTitle } from "../../components/PageTitle";
import { Waiting } from "../../components/Waiting";
import { safeNext } from "./next";
import { SignedIn } from "./SignedIn";
import { TokenForm } from "./TokenForm";
import { useSession } from "./useSession";

/** The way in for those who run the place. */
export function SignInPage() {
  const { admin, setAdmin } = useSession();
  const [, navigate] = useLocation();
  const next = safeNext(useSearch());

  return (
    <>
      <PageTitle title="Sign in">For those who run this place. Memes need no account.</PageTitle>
      {admin === null && <Waiting what="Looking at your badge…" />}
      {admin === true && <SignedIn onSignedOut={() => setAdmin(false)} />}
      {admin === false && (
        <TokenForm
          onSignedIn={() => {
            setAdmin(true);
            if (next !== "/") navigate(next, { replace: true });
          }}
        />
      )}
    </>
  );
}
