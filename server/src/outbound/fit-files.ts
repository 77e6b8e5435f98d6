// Owns: whether the files of ours that a message names are there, belong to its business, and are taken by its provider; from then on they stay. Refuses to know: where
// they are kept.
import type { Queryable } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import { readString } from "../kernel/read-json.ts";
import { findFilesToSend, useUploads } from "../media/media-out.queries.ts";
import { type FileToSend, whyNotSendable } from "../media/sendable-file.ts";
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

interface KnownFile extends FileToSend {
  /** As it came. */
  readonly fileName?: string | null;
}

/** For whatever stores a message, or something that a message is made of: within its transaction. */
export async function fitFiles(tx: Queryable, content: JsonObject, provider: Provider): Promise<FittedFiles> {
  const ids = [...listOwnFiles(content)];
  if (ids.length === 0) return { ok: true, content };
  await tx.execute(useUploads, { ids });
  const rows = await tx.run(findFilesToSend, { ids });
  const files = rows.map(({ id, bytes, ...row }): readonly [string, KnownFile] => [
    id,
    { bytes, mimeType: row.mime_type, isAnimated: row.is_animated ?? false, fileName: row.file_name },
  ]);
  return fitContent(content, new Map(files), provider);
}

/** `files`: those that are there. A document gets the name that its file came with, when it has none of its own. */
export function fitContent(content: JsonObject, files: ReadonlyMap<string, KnownFile>, provider: Provider): FittedFiles {
  let reason: string | undefined;
  const fitted = mapMediaNodes(content, (kind, node) => {
    const id = ownFileId(node);
    if (id === undefined) return node;
    const file = files.get(id);
    if (file === undefined) {
      reason ??= `${kind}.id ${id} is no file of this business, or it is not there any more. Upload it with POST /api/v1/media.`;
      return node;
    }
    const problem = whyNotSendable(file, { kind, isVoice: node["voice"] === true }, provider);
    if (problem !== undefined) reason ??= `${kind}.id: ${problem}`;
    const filename = kind === "document" ? (readString(node, "filename") ?? file.fileName ?? undefined) : undefined;
    return filename === undefined ? { ...node, id } : { ...node, id, filename };
  });
  return reason === undefined ? { ok: true, content: fitted } : { ok: false, reason };
}
