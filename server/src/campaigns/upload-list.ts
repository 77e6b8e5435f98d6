// Owns: a campaign's list from a table. Refuses to know: how a table is written down (read-list.ts), and what becomes of its rows (fill-list.ts).
import type { Readable } from "node:stream";
import type { BusinessId } from "../kernel/ids.ts";
import type { FillList, ListOutcome } from "./fill-list.ts";
import { readList } from "./read-list.ts";

/** `source` is destroyed at the end. */
export type UploadList = (businessId: BusinessId, campaignId: string, source: Readable) => Promise<ListOutcome>;

export function createUploadList({ fillList }: { readonly fillList: FillList }): UploadList {
  return async (businessId, campaignId, source) => {
    try {
      return await fillList({ businessId, campaignId, rows: (columns) => readList(source, columns) });
    } finally {
      source.destroy();
    }
  };
}
