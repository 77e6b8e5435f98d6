// Owns: writing an answer and sending it once. What could not be sent stays in the field, with the reason.
import { useMutation } from "@tanstack/react-query";
import { useId, useRef, useState, type KeyboardEvent, type SyntheticEvent } from "react";
import { sentenceOf } from "./inbox-client.ts";
import { inAnHour, instantOf } from "./local-moment.ts";
import { randomId } from "./random-id.ts";
import { LaterButton, MomentField } from "./send-later.tsx";

/** The key code of every key that belongs to a composition, in every browser. */
const COMPOSING = 229;

interface Outgoing {
  readonly text: string;
  readonly idempotencyKey: string;
  /** ISO 8601; undefined: now. */
  readonly sendAt: string | undefined;
}

interface ComposerProps {
  /** Why nothing may be written; undefined when all is well. */
  readonly block: string | undefined;
  /** What to know before writing. */
  readonly hint: string | undefined;
  readonly draft: string;
  readonly onDraft: (text: string) => void;
  readonly send: (message: Outgoing) => Promise<unknown>;
  readonly onSent: () => void;
}

export function Composer({ block, hint, draft, onDraft, send, onSent }: ComposerProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  /** As the field writes it, on the clocks of this browser; undefined: it is sent now. */
  const [later, setLater] = useState<string>();
  const sending = useSendOnce(send, {
    onStored: (text) => {
      if (field.current?.value.trim() === text) onDraft("");
      setLater(undefined);
      onSent();
    },
    onEnd: () => field.current?.focus(),
  });
  const text = draft.trim();
  const sendAt = later === undefined ? undefined : instantOf(later);
  const hasMoment = later === undefined || sendAt !== undefined;
  const canSend = block === undefined && text !== "" && hasMoment && !sending.isPending;

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (canSend) sending.start({ text, sendAt });
  }

  return (
    <form
      onSubmit={submit}
      aria-label="Answer"
      className="border-t border-line bg-panel px-4 pt-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-8"
    >
      <div className="mx-auto max-w-3xl">
        <p id={`${id}-problem`} role="status" className="mb-2 rounded-lg bg-warning-bg px-3 py-2 text-sm text-warning empty:hidden">
          {block ?? sending.problem ?? hint}
        </p>
        {later !== undefined && <MomentField value={later} onChange={setLater} />}
        <div className="flex items-end gap-2">
          <label htmlFor={id} className="sr-only">
            Message
          </label>
          <textarea
            ref={field}
            id={id}
            rows={1}
            dir="auto"
            value={draft}
            onChange={(event) => onDraft(event.target.value)}
            onKeyDown={(event) => isSendKey(event) && submit(event)}
            disabled={block !== undefined}
            maxLength={4096}
            aria-describedby={`${id}-problem`}
            placeholder={block === undefined ? "Write a message" : "Not possible right now"}
            className="field-sizing-content max-h-40 min-h-11 min-w-0 flex-1 resize-none rounded-2xl border border-line bg-page px-4 py-2.5 leading-snug placeholder:text-soft disabled:opacity-60"
          />
          <LaterButton
            isLater={later !== undefined}
            isDisabled={block !== undefined}
            onToggle={() => setLater(later === undefined ? inAnHour(Date.now()) : undefined)}
          />
          <button
            type="submit"
            disabled={!canSend}
            className="h-11 shrink-0 rounded-full bg-accent px-5 text-sm font-semibold text-on-accent disabled:opacity-40"
          >
            {later === undefined ? "Send" : "Schedule"}
          </button>
        </div>
      </div>
    </form>
  );
}

/** Enter sends; with Shift it begins a line, and while a word is being composed it belongs to the keyboard. Safari ends the composition first: then 229 shows it. */
function isSendKey({ key, shiftKey, nativeEvent }: KeyboardEvent): boolean {
  // oxlint-disable-next-line typescript/no-deprecated -- Safari shows it in no other way
  return key === "Enter" && !shiftKey && !nativeEvent.isComposing && nativeEvent.keyCode !== COMPOSING;
}

interface SendOnceEnds {
  readonly onStored: (text: string) => void;
  readonly onEnd: () => void;
}

/** One key per text and time until it is known to be stored: a second click, or a retry after a lost answer, is the same message. */
function useSendOnce(send: ComposerProps["send"], { onStored, onEnd }: SendOnceEnds) {
  const outgoing = useRef<Outgoing>(undefined);
  const { mutate, isPending, error } = useMutation({
    mutationFn: send,
    onSuccess: (_answer, { text }) => {
      outgoing.current = undefined;
      onStored(text);
    },
    onSettled: onEnd,
  });
  const start = ({ text, sendAt }: Omit<Outgoing, "idempotencyKey">): void => {
    const known = outgoing.current;
    const isKnown = known?.text === text && known.sendAt === sendAt;
    const next = isKnown ? known : { text, sendAt, idempotencyKey: randomId() };
    outgoing.current = next;
    mutate(next);
  };
  return { start, isPending, problem: error === null ? undefined : `Not sent. ${sentenceOf(error)}` };
}
