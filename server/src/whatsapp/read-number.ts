// Owns: asking the Graph API how fast a number may send. Refuses to know: which numbers there are, and what follows from it.
import type { Dispatcher } from "undici";
import { readObject, readString } from "../kernel/read-json.ts";
import { readGraphObject } from "./graph-answer.ts";
import { exchange, parseBaseUrl } from "./http-exchange.ts";
import type { SendChannel } from "./transport.ts";

export interface NumberFacts {
  /** STANDARD, HIGH, NOT_APPLICABLE, in the platform's word (Meta: "Throughput"). */
  readonly level: string | undefined;
  /** Whether the WhatsApp Business app uses the number too (coexistence). */
  readonly isOnApp: boolean | undefined;
}

/** Undefined: no whole answer came, or it was refused. Never rejects. */
export type ReadNumber = (channel: SendChannel) => Promise<NumberFacts | undefined>;

export interface ReadNumberDeps {
  /** Such as https://graph.facebook.com, without the version. */
  readonly baseUrl: string;
  /** Such as v26.0. */
  readonly version: string;
  readonly timeoutMs: number;
  readonly dispatcher: Dispatcher;
}

const PHONE_NUMBER_ID = /^[\w-]{1,64}$/;
/** A field that the object does not have is error 100; whether every account has `is_on_biz_app` is not certain. */
const UNKNOWN_FIELD = 100;

export function createReadNumber({ baseUrl, version, timeoutMs, dispatcher }: ReadNumberDeps): ReadNumber {
  const base = parseBaseUrl(baseUrl);
  async function ask({ key, accessToken }: SendChannel, fields: string): Promise<ReturnType<typeof readGraphObject> | undefined> {
    if (base === undefined || !PHONE_NUMBER_ID.test(key)) return undefined;
    const path = `${base.path}/${version}/${key}?${new URLSearchParams({ fields }).toString()}`;
    const headers = { authorization: `Bearer ${accessToken}` };
    return readGraphObject(await exchange(dispatcher, { origin: base.origin, path, method: "GET", headers, timeoutMs }));
  }
  return async (channel) => {
    const first = await ask(channel, "throughput,is_on_biz_app");
    const answer = first?.outcome === "rejected" && first.fault.code === UNKNOWN_FIELD ? await ask(channel, "throughput") : first;
    if (answer?.outcome !== "answered") return undefined;
    const onApp = answer.body["is_on_biz_app"];
    return {
      level: readString(readObject(answer.body, "throughput"), "level")?.slice(0, 100),
      isOnApp: typeof onApp === "boolean" ? onApp : undefined,
    };
  };
}
