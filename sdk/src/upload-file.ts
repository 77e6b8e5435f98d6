// Owns: handing a file to the API, and the content of a message that sends one. Refuses to know: who sends it, and to whom.
import { problemErrorOf } from "./problem-error.ts";
import type { MessageContentInput, UploadedMedia } from "./schema.ts";
import { addressOf, type ClientOptions, type SendRequest } from "./send-request.ts";

export interface UploadOptions {
  /** Absent: that of a File. What is called .pdf reaches its customer under that name. */
  readonly name?: string;
  /** Told, while it goes, which share of the file has gone. Where there is an XMLHttpRequest; then nothing is tried twice by itself. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

export type UploadFile = (file: Blob, options?: UploadOptions) => Promise<UploadedMedia>;

export function createUploadFile(options: ClientOptions, send: SendRequest): UploadFile {
  return async (file, { name, onProgress, signal } = {}) => {
    const form = new FormData();
    form.append("file", file, name ?? ("name" in file && typeof file.name === "string" ? file.name : "file"));
    const more = signal === undefined ? {} : { signal };
    if (onProgress !== undefined && typeof XMLHttpRequest === "function") return uploadVisibly(options, form, { ...more, onProgress });
    // Done twice it leaves a second file behind that nobody names, and that is removed after some days.
    return (await send({ method: "POST", path: "/media", form, ...more })) as UploadedMedia;
  };
}

/** fetch does not say how far it is. */
function uploadVisibly(
  options: ClientOptions,
  form: FormData,
  { onProgress, signal }: Required<Pick<UploadOptions, "onProgress">> & Pick<UploadOptions, "signal">,
): Promise<UploadedMedia> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => request.abort();
    const fail = (error: unknown): void => {
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    request.open("POST", addressOf(options, "/media"));
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("authorization", `Bearer ${options.apiKey}`);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      onProgress(total === 0 ? 0 : loaded / total);
    });
    request.addEventListener("error", () => fail(new TypeError("the server cannot be reached")));
    request.addEventListener("abort", () => fail(signal?.reason ?? new DOMException("given up", "AbortError")));
    request.addEventListener("loadend", () => signal?.removeEventListener("abort", stop));
    request.addEventListener("load", () => {
      readUpload(new Response(request.responseText, { status: request.status })).then(resolve, fail);
    });
    if (signal?.aborted === true) {
      fail(signal.reason);
      return;
    }
    signal?.addEventListener("abort", stop);
    request.send(form);
  });
}

async function readUpload(answer: Response): Promise<UploadedMedia> {
  if (!answer.ok) throw await problemErrorOf(answer);
  return (await answer.json()) as UploadedMedia;
}

export interface FileMessage {
  /** Not of a sound or a sticker: WhatsApp shows none there. */
  readonly caption?: string;
  /** Absent: what suits the file. */
  readonly as?: UploadedMedia["kind"];
}

/** The content of a message with an uploaded file: `client.conversations.send(id, withFile(await client.media.upload(file), { caption: "Menu" }))`. */
export function withFile({ id, kind }: Pick<UploadedMedia, "id" | "kind">, { caption, as = kind }: FileMessage = {}): MessageContentInput {
  return { type: as, [as]: { id, ...(caption === undefined ? {} : { caption }) } };
}
