// Owns: writing an answer, with files, and sending it once. What could not be sent stays in the field, with the reason.
import { useMutation } from "@tanstack/react-query";
import { useId, useRef, useState, type ClipboardEvent, type KeyboardEvent, type SyntheticEvent } from "react";
import { AttachButton } from "./attach-button.tsx";
import { AttachmentList } from "./attachment-list.tsx";
import { sentenceOf } from "./inbox-client.ts";
import { inAnHour, instantOf } from "./local-moment.ts";
import { outgoingParts, type FileToSend, type OutgoingPart } from "./outgoing-parts.ts";
import { randomId } from "./random-id.ts";
import { LaterButton, MomentField } from "./send-later.tsx";
import type { Attachments } from "./use-attachments.ts";

/** The key code of every key that belongs to a composition, in every browser. */
const COMPOSING = 229;

interface Outgoing {
  readonly content: OutgoingPart["content"];
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
  readonly attachments: Attachments;
  readonly send: (message: Outgoing) => Promise<unknown>;
  readonly onSent: () => void;
}

export function Composer({ block, hint, draft, onDraft, attachments, send, onSent }: ComposerProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  /** As the field writes it, on the clocks of this browser; undefined: it is sent now. */
  const [later, setLater] = useState<string>();
  const sending = useSendOnce(send, {
    onStored: ({ fileId, hasText }, text) => {
      if (hasText && field.current?.value.trim() === text) onDraft("");
      const sent = attachments.list.find(({ state }) => state.at === "ready" && state.uploaded.id === fileId);
      if (sent !== undefined) attachments.drop(sent.key);
      onSent();
    },
    onDone: () => setLater(undefined),
    onEnd: () => field.current?.focus(),
  });
  const text = draft.trim();
  const files = attachments.list.flatMap(({ state }) => (state.at === "ready" ? [state.uploaded] : []));
  const areFilesThere = files.length === attachments.list.length;
  const sendAt = later === undefined ? undefined : instantOf(later);
  const hasMoment = later === undefined || sendAt !== undefined;
  const hasContent = text !== "" || files.length > 0;
  const canSend = block === undefined && hasContent && areFilesThere && hasMoment && !sending.isPending;

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (canSend) sending.start({ text, files, sendAt });
  }

  /** What is copied in a program for texts or tables is often a picture too: there the words are meant. */
  function paste(event: ClipboardEvent): void {
    const { files: pasted, types } = event.clipboardData;
    if (pasted.length === 0 || types.includes("text/plain")) return;
    event.preventDefault();
    attachments.add([...pasted]);
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
        <AttachmentList attachments={attachments} />
        <div className="flex items-end gap-2">
          <label htmlFor={id} className="sr-only">
            Message
          </label>
          <div className="relative flex min-w-0 flex-1">
            <textarea
              ref={field}
              id={id}
              rows={1}
              dir="auto"
              value={draft}
              onChange={(event) => onDraft(event.target.value)}
              onKeyDown={(event) => isSendKey(event) && submit(event)}
              onPaste={paste}
              disabled={block !== undefined}
              maxLength={4096}
              aria-describedby={`${id}-problem`}
              placeholder={placeholderOf(block, attachments.list.length)}
              className="field-sizing-content max-h-40 min-h-11 min-w-0 flex-1 resize-none rounded-2xl border border-line bg-page py-2.5 ps-11 pe-4 leading-snug placeholder:text-soft disabled:opacity-60"
            />
            <AttachButton isDisabled={block !== undefined} onFiles={attachments.add} />
          </div>
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

function placeholderOf(block: string | undefined, files: number): string {
  if (block !== undefined) return "Not possible right now";
  return files === 0 ? "Write a message" : "Add a caption";
}

/** Enter sends; with Shift it begins a line, and while a word is being composed it belongs to the keyboard. Safari ends the composition first: then 229 shows it. */
function isSendKey({ key, shiftKey, nativeEvent }: KeyboardEvent): boolean {
  // oxlint-disable-next-line typescript/no-deprecated -- Safari shows it in no other way
  return key === "Enter" && !shiftKey && !nativeEvent.isComposing && nativeEvent.keyCode !== COMPOSING;
}

interface ToSend {
  readonly text: string;
  readonly files: readonly FileToSend[];
  readonly sendAt: string | undefined;
}

interface SendOnceEnds {
  readonly onStored: (part: OutgoingPart, text: string) => void;
  /** All of it. */
  readonly onDone: () => void;
  readonly onEnd: () => void;
}

/**
 * One message after the other, which is their order in the thread; each leaves the field when it is stored, so that what comes after a refusal is not sent along once more.
 * One key per content and time until it is known to be stored: a second click, or a retry after a lost answer, is the same message.
 */
function useSendOnce(send: ComposerProps["send"], { onStored, onDone, onEnd }: SendOnceEnds) {
  const keys = useRef(new Map<string, string>());
  const { mutate, isPending, error } = useMutation({
    mutationFn: async ({ text, files, sendAt }: ToSend) => {
      for (const part of outgoingParts(text, files)) {
        const { content } = part;
        const known = JSON.stringify([content, sendAt]);
        const idempotencyKey = keys.current.get(known) ?? randomId();
        keys.current.set(known, idempotencyKey);
        await send({ content, idempotencyKey, sendAt });
        keys.current.delete(known);
        onStored(part, text);
      }
    },
    onSuccess: onDone,
    onSettled: onEnd,
  });
  return { start: mutate, isPending, problem: error === null ? undefined : `Not sent. ${sentenceOf(error)}` };
}
