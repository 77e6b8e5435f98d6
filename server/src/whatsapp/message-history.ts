// Owns: asking the Cloud API's `message_history` what a number has sent. Whether an account has it is not known before it is asked. Refuses to know: what an answer
// proves, and whether to ask again.
import type { Dispatcher } from "undici";
import type { JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { readGraphObject } from "./graph-answer.ts";
import { exchange, parseBaseUrl } from "./http-exchange.ts";
import type { SentAnswer, SentLookup, SentRecord, SentRequest } from "./sent-lookup.ts";

export interface MessageHistoryDeps {
  /** Such as https://graph.facebook.com, without the version. */
  readonly baseUrl: string;
  /** Such as v26.0. */
  readonly version: string;
  /** For one request. */
  readonly timeoutMs: number;
  readonly dispatcher: Dispatcher;
}

const FIELDS = "id,message_id,events{delivery_status,timestamp}";
const PAGE = 100;
/** Neither order nor retention is stated, so either all of it is read or it proves nothing: a busy number has more. */
const MOST_PAGES = 5;
const PHONE_NUMBER_ID = /^[\w-]{1,64}$/;
/** These are about the token, not about the history: another one may have it. */
const TOKEN_CODES: ReadonlySet<number> = new Set([0, 190]);

export function createMessageHistory(deps: MessageHistoryDeps): SentLookup {
  const base = parseBaseUrl(deps.baseUrl);

  async function readPage(
    { channel }: SentRequest,
    after: string | undefined,
  ): Promise<Page | Exclude<SentAnswer, { outcome: "answered" }>> {
    if (base === undefined || !PHONE_NUMBER_ID.test(channel.key))
      return { outcome: "failed", reason: "The channel has no address to ask." };
    const query = new URLSearchParams({ fields: FIELDS, limit: String(PAGE), ...(after === undefined ? {} : { after }) });
    const answer = readGraphObject(
      await exchange(deps.dispatcher, {
        origin: base.origin,
        path: `${base.path}/${deps.version}/${channel.key}/message_history?${query.toString()}`,
        method: "GET",
        headers: { authorization: `Bearer ${channel.accessToken}` },
        timeoutMs: deps.timeoutMs,
      }),
    );
    if (answer.outcome === "answered") return pageOf(answer.body);
    if (answer.outcome === "uncertain") return { outcome: "failed", reason: answer.reason };
    const isForGood = answer.retry === "never" && !TOKEN_CODES.has(answer.fault.code);
    return { outcome: isForGood ? "refused" : "failed", reason: `${answer.fault.title} (${String(answer.fault.code)})` };
  }

  return {
    scope: "number",
    async list(request) {
      const records: SentRecord[] = [];
      let after: string | undefined;
      for (let pages = 0; pages < MOST_PAGES; pages += 1) {
        const page = await readPage(request, after);
        if ("outcome" in page) return page;
        records.push(...page.records);
        if (page.next === undefined) return { outcome: "answered", records, isWhole: page.isReadable };
        after = page.next;
      }
      return { outcome: "answered", records, isWhole: false };
    },
  };
}

interface Page {
  readonly records: readonly SentRecord[];
  /** False: something in it could not be understood. */
  readonly isReadable: boolean;
  readonly next: string | undefined;
}

function pageOf(body: JsonObject): Page {
  const data = readArray(body, "data");
  const records = (data ?? []).map((node) => (isObject(node) ? recordOf(node) : undefined));
  const known = records.filter((record) => record !== undefined);
  const paging = readObject(body, "paging");
  // A cursor comes with the last page too; that there is another one, only `next` says.
  const next = readString(paging, "next") === undefined ? undefined : readString(readObject(paging, "cursors"), "after");
  return { records: known, isReadable: data !== undefined && known.length === data.length, next };
}

/** `at`: of its first event. */
function recordOf(node: JsonObject): SentRecord | undefined {
  const providerMessageId = readString(node, "message_id");
  const times = (readArray(readObject(node, "events"), "data") ?? []).flatMap((event) => {
    const seconds = isObject(event) ? Number(readScalar(event, "timestamp") ?? readScalar(event, "occurrence_timestamp")) : Number.NaN;
    return Number.isFinite(seconds) ? [seconds] : [];
  });
  if (providerMessageId === undefined || times.length === 0) return undefined;
  return { providerMessageId, at: new Date(Math.min(...times) * 1_000) };
}
