// Owns: reading a page that a business named, through the guarded HTTP only, within limits of time, size and kind.
import { type OutsideHttp } from "../outside/outside-http.ts";
import { OutsideError } from "../outside/outside-error.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { findMediaType, type ReadOutcome } from "./media-types.ts";
import { readSource } from "./read-source.ts";

const PAGE = { timeoutMs: 10_000, maxBytes: 5_000_000, maxRedirects: 5 } as const;

export type FetchOutcome = ReadOutcome | { readonly outcome: "unreachable"; readonly reason: string };

/** `unreachable`: trying again may help. `refused`: it will not, before somebody changes something. */
export async function fetchPage(
  outside: OutsideHttp,
  { businessId, url }: { readonly businessId: BusinessId; readonly url: string },
  signal?: AbortSignal,
): Promise<FetchOutcome> {
  try {
    const headers = { accept: "text/html,text/markdown,text/plain,text/csv,application/pdf;q=0.9", "user-agent": "Onethread" };
    const answer = await outside.request({ url, headers, ...PAGE, ...(signal === undefined ? {} : { signal }) });
    if (answer.status !== 200) {
      const reason = `${new URL(answer.url).host} answered ${String(answer.status)}.`;
      return { outcome: answer.status === 429 || answer.status >= 500 ? "unreachable" : "refused", reason };
    }
    const contentType = answer.headers.get("content-type") ?? "";
    const mediaType = findMediaType(contentType) ?? (contentType === "" ? findMediaType(new URL(answer.url).pathname) : undefined);
    if (mediaType === undefined)
      return {
        outcome: "refused",
        reason: `The page is ${contentType || "of no stated type"}; text, Markdown, HTML, CSV and PDF can be read.`,
      };
    return await readSource(businessId, { bytes: answer.body, mediaType, charset: /charset="?([\w-]+)/i.exec(contentType)?.[1] });
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    const canChange = error.code === "timeout" || error.code === "unreachable" || error.code === "aborted";
    return { outcome: canChange ? "unreachable" : "refused", reason: error.message };
  }
}
