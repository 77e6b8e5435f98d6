// Owns: who is signed in, and what is remembered of the server's answers: another key begins with nothing.
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { createInboxClient, isUnauthorised } from "./inbox-client.ts";
import { InboxPage } from "./inbox-page.tsx";
import { SignIn } from "./sign-in.tsx";
import { readStoredKey, storeKey } from "./stored-key.ts";

const POLL_MS = 2_000;
const REFUSED = "This API key is no longer accepted. Sign in again.";

export function App() {
  const [apiKey, setApiKey] = useState(readStoredKey);
  const [notice, setNotice] = useState<string>();
  const signedIn = (key: string): void => {
    storeKey(key);
    setNotice(undefined);
    setApiKey(key);
  };
  const signedOut = (why?: string): void => {
    storeKey(undefined);
    setNotice(why);
    setApiKey(undefined);
  };
  if (apiKey === undefined) return <SignIn notice={notice} onSignIn={signedIn} />;
  return <SignedIn key={apiKey} apiKey={apiKey} onSignOut={signedOut} />;
}

interface SignedInProps {
  readonly apiKey: string;
  readonly onSignOut: (why?: string) => void;
}

function SignedIn({ apiKey, onSignOut }: SignedInProps) {
  const client = useMemo(() => createInboxClient({ baseUrl: location.origin, apiKey }), [apiKey]);
  const [queryClient] = useState(() => createQueryClient(() => onSignOut(REFUSED)));
  return (
    <QueryClientProvider client={queryClient}>
      <InboxPage client={client} onSignOut={() => onSignOut()} />
    </QueryClientProvider>
  );
}

function createQueryClient(onRefused: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (isUnauthorised(error)) onRefused();
      },
    }),
    // The next poll is the retry.
    defaultOptions: { queries: { refetchInterval: POLL_MS, retry: false, staleTime: POLL_MS } },
  });
}
