// Owns: the form that asks for an API key, and tries it before it lets anybody in.
import { useId, useState, type SyntheticEvent } from "react";
import { createInboxClient, isUnauthorised, sentenceOf } from "./inbox-client.ts";

interface SignInProps {
  readonly notice: string | undefined;
  readonly onSignIn: (apiKey: string) => void;
}

export function SignIn({ notice, onSignIn }: SignInProps) {
  const id = useId();
  const [problem, setProblem] = useState(notice);
  const [isTrying, setTrying] = useState(false);

  async function submit(event: SyntheticEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const written = new FormData(event.currentTarget).get("apiKey");
    const apiKey = typeof written === "string" ? written.trim() : "";
    if (apiKey === "") {
      setProblem("Enter an API key.");
      return;
    }
    setTrying(true);
    setProblem(await problemOf(apiKey).then((found) => (found === undefined ? onSignIn(apiKey) : undefined, found)));
    setTrying(false);
  }

  return (
    <main className="grid h-full place-items-center p-6">
      <form
        onSubmit={(event) => void submit(event)}
        className="w-full max-w-sm rounded-2xl border border-line bg-panel p-8 shadow-sm"
        noValidate
      >
        <img src="icon.svg" alt="" className="size-10" />
        <h1 className="mt-5 text-xl font-semibold">Onethread inbox</h1>
        <p className="mt-1 text-sm text-soft">Sign in with an API key of your business.</p>
        <label htmlFor={id} className="mt-6 block text-sm font-medium">
          API key
        </label>
        <input
          id={id}
          name="apiKey"
          type="password"
          autoComplete="off"
          autoFocus
          placeholder="ot_…"
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-problem ${id}-hint`}
          className="mt-1.5 w-full rounded-lg border border-line bg-page px-3 py-2.5 font-mono text-sm placeholder:text-soft"
        />
        <p id={`${id}-problem`} role="alert" className="mt-2 text-sm text-danger empty:hidden">
          {problem}
        </p>
        <button
          type="submit"
          disabled={isTrying}
          className="mt-4 w-full rounded-lg bg-accent px-4 py-2.5 text-sm font-semibold text-on-accent disabled:opacity-60"
        >
          {isTrying ? "Signing in…" : "Sign in"}
        </button>
        <p id={`${id}-hint`} className="mt-5 text-xs leading-relaxed text-soft">
          The demo prints its key when it starts. Elsewhere, <code className="font-mono">onethread api-key create</code> makes one. It is
          kept until this tab is closed.
        </p>
      </form>
    </main>
  );
}

async function problemOf(apiKey: string): Promise<string | undefined> {
  try {
    await createInboxClient({ baseUrl: location.origin, apiKey }).listConversations(undefined);
    return undefined;
  } catch (error) {
    return isUnauthorised(error) ? "This API key is not known here. Check that all of it was copied." : sentenceOf(error);
  }
}
