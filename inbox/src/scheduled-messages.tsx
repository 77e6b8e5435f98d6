// Owns: what is still to be sent in a thread, at its end: read it, change it, send it now, or not at all. Refuses to know: what forbids it when it leaves.
import { useMutation } from "@tanstack/react-query";
import { useId, useState, type SyntheticEvent } from "react";
import { formatFull, formatMoment } from "./format-time.ts";
import { sentenceOf, type InboxClient, type Message } from "./inbox-client.ts";
import { instantOf, localMoment } from "./local-moment.ts";
import { MarkedText } from "./marked-text.tsx";
import { MomentField } from "./send-later.tsx";
import { previewOf, shownContent } from "./shown-content.ts";

interface ScheduledMessagesProps {
  readonly client: InboxClient;
  readonly messages: readonly Message[];
  readonly now: number;
  readonly onChanged: () => void;
}

const BUTTON = "rounded-lg border border-line px-3 py-1.5 text-xs font-medium hover:bg-raised disabled:opacity-60";
const AUTHORS: Readonly<Record<string, string>> = { ai: "The AI", api: "A program", human: "Your team" };

export function ScheduledMessages({ client, messages, now, onChanged }: ScheduledMessagesProps) {
  if (messages.length === 0) return null;
  return (
    <section aria-label="Scheduled messages" className="mx-auto mt-4 flex max-w-3xl flex-col items-end gap-2">
      {messages.map((message) => (
        <ScheduledMessage key={message.id} client={client} message={message} now={now} onChanged={onChanged} />
      ))}
    </section>
  );
}

interface ScheduledMessageProps extends Omit<ScheduledMessagesProps, "messages"> {
  readonly message: Message;
}

type Action = "now" | "cancel";

function ScheduledMessage({ client, message, now, onChanged }: ScheduledMessageProps) {
  const [isEditing, setEditing] = useState(false);
  const act = useMutation({
    mutationFn: (action: Action) =>
      action === "cancel" ? client.cancelMessage(message.id) : client.rescheduleMessage(message.id, new Date().toISOString()),
    onSettled: onChanged,
  });
  if (isEditing) {
    return (
      <EditForm
        client={client}
        message={message}
        onEnd={() => {
          setEditing(false);
          onChanged();
        }}
      />
    );
  }
  const content = shownContent(message);
  return (
    <article className="flex w-full max-w-[85%] flex-col items-end md:max-w-[75%]">
      <div className="max-w-full rounded-2xl rounded-ee-md border border-dashed border-line px-3.5 py-2">
        <div className="text-[0.9375rem] leading-snug break-words whitespace-pre-wrap">
          {content.isNote ? <p className="text-soft italic">{previewOf(content)}</p> : <MarkedText text={content.text} />}
        </div>
        <p className="mt-1 text-end text-xs text-soft">
          {AUTHORS[message.author] ?? message.author}, scheduled for{" "}
          <time dateTime={message.sentAt} title={formatFull(message.sentAt)}>
            {formatMoment(message.sentAt, now)}
          </time>
        </p>
      </div>
      <div className="mt-1 flex flex-wrap justify-end gap-2 px-1">
        {message.type === "text" && (
          <button type="button" disabled={act.isPending} onClick={() => setEditing(true)} className={BUTTON}>
            Edit
          </button>
        )}
        <button type="button" disabled={act.isPending} onClick={() => act.mutate("now")} className={BUTTON}>
          Send now
        </button>
        <button type="button" disabled={act.isPending} onClick={() => act.mutate("cancel")} className={BUTTON}>
          Do not send
        </button>
        {act.isError && (
          <p role="alert" className="w-full text-end text-xs text-danger">
            {sentenceOf(act.error)}
          </p>
        )}
      </div>
    </article>
  );
}

interface EditFormProps {
  readonly client: InboxClient;
  readonly message: Message;
  readonly onEnd: () => void;
}

function EditForm({ client, message, onEnd }: EditFormProps) {
  const id = useId();
  const [text, setText] = useState(message.text ?? "");
  const [moment, setMoment] = useState(localMoment(new Date(message.sentAt)));
  const save = useMutation({
    mutationFn: (sendAt: string) => client.editText(message.id, { text: text.trim(), sendAt }),
    onSuccess: onEnd,
  });
  const sendAt = instantOf(moment);
  const canSave = sendAt !== undefined && text.trim() !== "" && !save.isPending;
  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (canSave) save.mutate(sendAt);
  }
  return (
    <form
      onSubmit={submit}
      aria-label="Change the scheduled message"
      className="w-full rounded-2xl border border-line bg-panel p-3 md:max-w-[75%]"
    >
      <MomentField value={moment} onChange={setMoment} />
      <label htmlFor={id} className="sr-only">
        Scheduled message
      </label>
      <textarea
        id={id}
        dir="auto"
        rows={2}
        maxLength={4096}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="field-sizing-content max-h-60 w-full resize-none rounded-xl border border-line bg-page px-3 py-2 leading-snug"
      />
      <div className="mt-2 flex flex-wrap justify-end gap-2">
        <button type="button" disabled={save.isPending} onClick={onEnd} className={BUTTON}>
          Cancel
        </button>
        <button type="submit" disabled={!canSave} className={BUTTON}>
          Save
        </button>
        {save.isError && (
          <p role="alert" className="w-full text-end text-xs text-danger">
            {sentenceOf(save.error)}
          </p>
        )}
      </div>
    </form>
  );
}
