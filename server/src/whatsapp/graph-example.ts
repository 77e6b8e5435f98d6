// Owns: making a handle of a file through Meta's Resumable Upload API (platform sheet, section 6.12): a session of the app, then the bytes. Refuses to know: what it is for.
import type { Dispatcher } from "undici";
import { readString } from "../kernel/read-json.ts";
import { exchange, parseBaseUrl } from "./http-exchange.ts";
import { readTemplateAnswer, refusedTemplate } from "./graph-template-answer.ts";
import type { ExampleFile, PlatformFailure } from "./template-platform.ts";
import { uploadTimeMs } from "./upload-file.ts";

export interface GraphExampleDeps {
  readonly pool: Dispatcher;
  readonly baseUrl: () => string;
  readonly version: string;
  readonly timeoutMs: number;
  /** The Meta app; absent: Graph is asked whose the token is. */
  readonly appId: string | undefined;
}

const APP_ID = /^\d{1,32}$/;
/** Meta writes a signature behind it: `upload:MTph…?sig=…`. It is sent back as it came. */
const SESSION = /^upload:[\w\-.~:@!$&'()*+,;=%/?]{1,4000}$/;
const MAX_HANDLE = 4_000;

type UploadExample = (
  token: string,
  file: ExampleFile,
) => Promise<{ readonly outcome: "uploaded"; readonly handle: string } | PlatformFailure>;

/** Nothing but a handle that nobody uses is left behind by whatever goes wrong. Never throws. */
export function createUploadExample({ pool, baseUrl, version, timeoutMs, appId }: GraphExampleDeps): UploadExample {
  async function ask(token: string, { method, path }: { readonly method: "GET" | "POST"; readonly path: string }) {
    const base = parseBaseUrl(baseUrl());
    if (base === undefined) return refusedTemplate("The Graph address of the settings is no http or https address.");
    const headers = { authorization: `Bearer ${token}` };
    return readTemplateAnswer(
      await exchange(pool, { origin: base.origin, path: `${base.path}/${version}/${path}`, method, headers, timeoutMs }),
    );
  }

  async function findApp(token: string): Promise<{ readonly outcome: "app"; readonly id: string } | PlatformFailure> {
    if (appId !== undefined) return { outcome: "app", id: appId };
    const answer = await ask(token, { method: "GET", path: "app?fields=id" });
    const id = answer.outcome === "answered" ? (readString(answer.body, "id") ?? "") : "";
    return APP_ID.test(id) ? { outcome: "app", id } : refusedTemplate(UNKNOWN_APP);
  }

  async function send(token: string, { session, file }: { readonly session: string; readonly file: ExampleFile }) {
    const base = parseBaseUrl(baseUrl());
    const body = await file.open().catch(() => undefined);
    if (base === undefined || body === undefined) return refusedTemplate("The file could not be read from where files are kept.");
    try {
      const headers = {
        authorization: `OAuth ${token}`,
        file_offset: "0",
        "content-type": "application/octet-stream",
        "content-length": String(file.bytes),
      };
      const path = `${base.path}/${version}/${session}`;
      return readTemplateAnswer(await exchange(pool, { origin: base.origin, path, headers, body, timeoutMs: uploadTimeMs(file.bytes) }));
    } finally {
      body.destroy();
    }
  }

  return async (token, file) => {
    const app = await findApp(token);
    if (app.outcome !== "app") return app;
    const about = new URLSearchParams({ file_name: file.name, file_length: String(file.bytes), file_type: file.mimeType });
    const begun = await ask(token, { method: "POST", path: `${app.id}/uploads?${about.toString()}` });
    if (begun.outcome !== "answered") return begun;
    const session = readString(begun.body, "id") ?? "";
    if (!SESSION.test(session)) return refusedTemplate("WhatsApp began no upload that it names.");
    const sent = await send(token, { session, file });
    if (sent.outcome !== "answered") return sent;
    const handle = readString(sent.body, "h");
    return handle === undefined || handle.length > MAX_HANDLE
      ? refusedTemplate("WhatsApp took the file and gave no handle for it.")
      : { outcome: "uploaded", handle };
  };
}

const UNKNOWN_APP =
  "It is not known to which Meta app the access token belongs, and an example is uploaded to an app. Name it with ONETHREAD_META_APP_ID.";
