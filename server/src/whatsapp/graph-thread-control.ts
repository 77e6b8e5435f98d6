// Owns: asking the Cloud API to pass a thread on, to release it or to take it (Meta: "Conversation routing"). Refuses to know: whose a thread is, databases.
import { writeGraphRecipient } from "./graph-message.ts";
import { readGraphObject, refusedHere } from "./graph-answer.ts";
import { createPool, exchange, parseBaseUrl } from "./http-exchange.ts";
import type { SendAddress } from "./send-address.ts";
import type { Rejection, SendChannel, Uncertain } from "./transport.ts";

export const THREAD_ACTIONS = ["pass", "release", "take"] as const;
export type ThreadAction = (typeof THREAD_ACTIONS)[number];

/** WhatsApp takes no longer one. */
export const MAX_THREAD_NOTE = 2_000;

export interface ThreadRequest {
  readonly channel: SendChannel;
  /** The customer: a phone or a user id. */
  readonly to: SendAddress;
  readonly action: ThreadAction;
  /** Of a pass: who is to have it, in WhatsApp's word. Absent: the app that people are handed over to. */
  readonly role?: string | undefined;
  /** For the app that has it next. */
  readonly note?: string | undefined;
}

/** `uncertain`: it may have been done. */
export type ThreadAnswer = { readonly outcome: "done" } | Rejection | Uncertain;

export interface ThreadPlatform {
  /** Never rejects. Nothing is asked twice. */
  controlThread(request: ThreadRequest): Promise<ThreadAnswer>;
}

export interface GraphThreadControl extends ThreadPlatform {
  /** Waits for the requests under way, then closes the connections. */
  close(): Promise<void>;
}

export interface GraphThreadControlDeps {
  /** Such as https://graph.facebook.com, without the version; asked for with each request. */
  readonly baseUrl: () => string;
  /** Such as v26.0. */
  readonly version: string;
  /** For one whole request. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;
/** As many as may be under way (control-thread.ts). */
const CONNECTIONS = 32;
const PHONE_NUMBER_ID = /^[\w-]{1,64}$/;

export function createGraphThreadControl({ baseUrl, version, timeoutMs = TIMEOUT_MS }: GraphThreadControlDeps): GraphThreadControl {
  const pool = createPool({ connections: CONNECTIONS, timeoutMs });
  return {
    async controlThread({ channel: { key, accessToken }, to, action, role, note }) {
      const base = parseBaseUrl(baseUrl());
      if (base === undefined) return refusedHere("no Graph address", "The Graph address of the settings is no http or https address.");
      if (!PHONE_NUMBER_ID.test(key)) return refusedHere("bad phone number id", "The channel's phone number id is not one.");
      const body = {
        ...{ messaging_product: "whatsapp", ...writeGraphRecipient(to), action },
        ...(note === undefined ? {} : { metadata: note }),
        ...(role === undefined ? {} : { control_pass: { target_role: role } }),
      };
      const answer = readGraphObject(
        await exchange(pool, {
          ...{ origin: base.origin, path: `${base.path}/${version}/${key}/thread_control`, timeoutMs },
          headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
      );
      if (answer.outcome !== "answered") return answer;
      // Documented is an id of the request; nothing else is known of the answer.
      return answer.body["success"] === false
        ? { outcome: "uncertain", reason: "WhatsApp answered without saying whether it did it." }
        : { outcome: "done" };
    },
    close: () => pool.close(),
  };
}
