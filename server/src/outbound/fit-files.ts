// Owns: whether the files of ours that a message names are there, belong to its business, and are taken by its provider; from then on they stay. Refuses to know: where
// they are kept.
import type { Queryable } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import { readString } from "../kernel/read-json.ts";
import { findFilesToSend, useUploads } from "../media/media-out.queries.ts";
import { whyNotSendable } from "../media/sendable-file.ts";
import { listOwnFiles, mapMediaNodes, ownFileId } from "../whatsapp/media-nodes.ts";
import type { Provider } from "../whatsapp/providers.ts";

export type FittedFiles = { readonly ok: true; readonly content: JsonObject } | { readonly ok: false; readonly reason: string };

/** Rolls the transaction back in which a file did not fit: what was not stored keeps no file. */
export class Misfit extends Error {}

/** Its files fit, or everything that `work` has done is undone; `reason` is a sentence. */
export async function unlessMisfit<Done>(work: () => Promise<Done>, refused: (reason: string) => Done): Promise<Done> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Misfit) return refused(error.message);
    throw error;
  }
}

/** The content with its files fitted. Throws a Misfit. */
export async function requireFiles(tx: Queryable, content: JsonObject, provider: Provider): Promise<JsonObject> {
  const fitted = await fitFiles(tx, content, provider);
  if (!fitted.ok) throw new Misfit(fitted.reason);
  return fitted.content;
}

/** For whatever stores a message, or something that a message is made of: within its transaction. A document gets the name that its file came with, when it has none of its own. */
export async function fitFiles(tx: Queryable, content: JsonObject, provider: Provider): Promise<FittedFiles> {
  const ids = [...listOwnFiles(content)];
  if (ids.length === 0) return { ok: true, content };
  await tx.execute(useUploads, { ids });
  const rows = await tx.run(findFilesToSend, { ids });
  const files = new Map(rows.map((row) => [row.id, row]));
  let reason: string | undefined;
  const fitted = mapMediaNodes(content, (kind, node) => {
    const id = ownFileId(node);
    if (id === undefined) return node;
    const file = files.get(id);
    if (file === undefined) {
      reason ??= `${kind}.id ${id} is no file of this business, or it is not there any more. Upload it with POST /api/v1/media.`;
      return node;
    }
    const { mime_type: mimeType, bytes, is_animated: isAnimated, file_name: fileName } = file;
    const problem = whyNotSendable(
      { mimeType, bytes, isAnimated: isAnimated ?? false },
      { kind, isVoice: node["voice"] === true },
      provider,
    );
    if (problem !== undefined) reason ??= `${kind}.id: ${problem}`;
    const isNamed = kind !== "document" || fileName === null || readString(node, "filename") !== undefined;
    return isNamed ? { ...node, id } : { ...node, id, filename: fileName };
  });
  return reason === undefined ? { ok: true, content: fitted } : { ok: false, reason };
}
