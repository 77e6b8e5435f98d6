// Owns: writing an answer and sending it once. What could not be sent stays in the field, with the reason.
import { useMutation } from "@tanstack/react-query";
import { useId, useRef, type KeyboardEvent, type SyntheticEvent } from "react";
import { sentenceOf } from "./inbox-client.ts";
import { randomId } from "./random-id.ts";

/** The key code of every key that belongs to a composition, in every browser. */
const COMPOSING = 229;

interface Outgoing {
  readonly text: string;
  readonly idempotencyKey: string;
}

interface ComposerProps {
  /** Why nothing may be written; undefined when all is well. */
  readonly block: string | undefined;
  readonly draft: string;
  readonly onDraft: (text: string) => void;
  readonly send: (message: Outgoing) => Promise<unknown>;
  readonly onSent: () => void;
}

export function Composer({ block, draft, onDraft, send, onSent }: ComposerProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const sending = useSendOnce(send, {
    onStored: (text) => {
      if (field.current?.value.trim() === text) onDraft("");
      onSent();
    },
    onEnd: () => field.current?.focus(),
  });
  const text = draft.trim();
  const canSend = block === undefined && text !== "" && !sending.isPending;

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (canSend) sending.start(text);
  }

  return (
    <form
      onSubmit={submit}
      aria-label="Answer"
      className="border-t border-line bg-panel px-4 pt-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-8"
    >
      <div className="mx-auto max-w-3xl">
        <p id={`${id}-problem`} role="status" className="mb-2 rounded-lg bg-warning-bg px-3 py-2 text-sm text-warning empty:hidden">
          {block ?? sending.problem}
        </p>
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
          <button
            type="submit"
            disabled={!canSend}
            className="h-11 shrink-0 rounded-full bg-accent px-5 text-sm font-semibold text-on-accent disabled:opacity-40"
          >
            Send
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

/** One key per text until it is known to be stored: a second click, or a retry after a lost answer, is the same message. */
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
  const start = (text: string): void => {
    if (outgoing.current?.text !== text) outgoing.current = { text, idempotencyKey: randomId() };
    mutate(outgoing.current);
  };
  return { start, isPending, problem: error === null ? undefined : `Not sent. ${sentenceOf(error)}` };
}
