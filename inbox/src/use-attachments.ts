// Owns: the files that are about to be sent, of each thread its own: on their way to the server one after the other, there, or not taken. They stay while another thread is
// looked at. Refuses to know: how they look, and what is sent with them.
import { useRef, useState } from "react";
import { sentenceOf, type InboxClient, type UploadedMedia } from "./inbox-client.ts";
import { randomId } from "./random-id.ts";

export interface Attachment {
  readonly key: string;
  readonly file: File;
  readonly state:
    | { readonly at: "uploading"; readonly share: number }
    | { readonly at: "ready"; readonly uploaded: UploadedMedia }
    | { readonly at: "failed"; readonly problem: string; readonly mayRetry: boolean };
}

export interface Attachments {
  readonly list: readonly Attachment[];
  readonly add: (files: readonly File[]) => void;
  readonly retry: (key: string) => void;
  /** Of one that is under way: it is given up. */
  readonly drop: (key: string) => void;
}

/** As the server bounds it. */
const MOST_BYTES = 100 * 1024 * 1024;
const WAITING = { at: "uploading", share: 0 } as const;

type All = Readonly<Record<string, readonly Attachment[]>>;

export function useAttachments(client: InboxClient): (conversationId: string) => Attachments {
  const [all, setAll] = useState<All>({});
  /** Of each thread: the end of the last upload. One at a time: a slow line has the first file whole before the second one begins. */
  const queues = useRef(new Map<string, Promise<void>>());
  const uploads = useRef(new Map<string, AbortController>());

  return (conversationId) => {
    const change = (next: (list: readonly Attachment[]) => readonly Attachment[]): void =>
      setAll((known) => ({ ...known, [conversationId]: next(known[conversationId] ?? []) }));
    const setState = (key: string, state: Attachment["state"]): void =>
      change((list) => list.map((one) => (one.key === key ? { ...one, state } : one)));

    async function upload(key: string, file: File, { signal }: AbortController): Promise<void> {
      const isGivenUp = (): boolean => signal.aborted;
      if (isGivenUp()) return;
      try {
        const uploaded = await client.uploadFile(file, { signal, onProgress: (share) => setState(key, { at: "uploading", share }) });
        setState(key, { at: "ready", uploaded });
      } catch (error) {
        if (!isGivenUp()) setState(key, { at: "failed", problem: sentenceOf(error), mayRetry: true });
      }
    }

    function start(key: string, file: File): void {
      const controller = new AbortController();
      uploads.current.set(key, controller);
      const before = queues.current.get(conversationId) ?? Promise.resolve();
      queues.current.set(
        conversationId,
        before.then(() => upload(key, file, controller)),
      );
    }

    const list = all[conversationId] ?? [];
    return {
      list,
      add(files) {
        const added = files.map((file): Attachment => ({ key: randomId(), file, state: refusalOf(file) ?? WAITING }));
        change((known) => [...known, ...added]);
        for (const { key, file, state } of added) if (state.at === "uploading") start(key, file);
      },
      retry(key) {
        const known = list.find((one) => one.key === key);
        if (known === undefined) return;
        setState(key, WAITING);
        start(key, known.file);
      },
      drop(key) {
        uploads.current.get(key)?.abort();
        uploads.current.delete(key);
        change((known) => known.filter((one) => one.key !== key));
      },
    };
  };
}

/** What needs no server to be known. */
function refusalOf({ size }: File): Attachment["state"] | undefined {
  if (size === 0) return { at: "failed", problem: "This file is empty.", mayRetry: false };
  return size > MOST_BYTES ? { at: "failed", problem: "WhatsApp takes files up to 100 MB.", mayRetry: false } : undefined;
}
