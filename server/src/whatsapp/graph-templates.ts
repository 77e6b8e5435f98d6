// Owns: the management of templates through the Graph API (Meta: "Templates"). Refuses to know: what is kept of it, sends, databases.
import type { Dispatcher } from "undici";
import type { Json, JsonObject } from "../kernel/json.ts";
import { isObject, readArray, readInteger, readObject, readScalar, readString } from "../kernel/read-json.ts";
import { createUploadExample } from "./graph-example.ts";
import { MAX_SAID, readTemplateAnswer, refusedTemplate, type TemplateAnswer } from "./graph-template-answer.ts";
import { createPool, exchange, parseBaseUrl } from "./http-exchange.ts";
import { readTemplateNode, TEMPLATE_FIELDS } from "./template-node.ts";
import type { PlatformFailure, TemplatePlatform } from "./template-platform.ts";

export interface GraphTemplatesDeps {
  /** Such as https://graph.facebook.com, without the version; asked for with each request. */
  readonly baseUrl: () => string;
  /** Such as v26.0. */
  readonly version: string;
  /** For one whole request. */
  readonly timeoutMs?: number;
  /** The Meta app whose tokens they are; absent: Graph is asked. */
  readonly appId?: string | undefined;
}

export interface GraphTemplates extends TemplatePlatform {
  /** Waits for the requests under way, then closes the connections. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 15_000;
const CONNECTIONS = 8;
const OBJECT_ID = /^[\w-]{1,64}$/;
interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  readonly token: string;
  /** Below the version; each part is checked. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  /** On the platform's other host, which has no versions. */
  readonly isOfArchive?: boolean;
}

/** Where templates are archived (Meta: "Template archival", MCA #405); of another Graph address than Meta's the same. */
const ARCHIVE_ORIGINS: ReadonlyMap<string, string> = new Map([["https://graph.facebook.com", "https://api.facebook.com"]]);

/** No method throws. */
export function createGraphTemplates({ baseUrl, version, timeoutMs = TIMEOUT_MS, appId }: GraphTemplatesDeps): GraphTemplates {
  const pool: Dispatcher = createPool({ connections: CONNECTIONS, timeoutMs });
  const uploadExample = createUploadExample({ pool, baseUrl, version, timeoutMs, appId });

  async function call({ method, token, path, query = {}, body, isOfArchive = false }: Call): Promise<TemplateAnswer> {
    const base = parseBaseUrl(baseUrl());
    const bad = path.find((part) => !OBJECT_ID.test(part));
    if (base === undefined) return refusedTemplate("The Graph address of the settings is no http or https address.");
    if (bad !== undefined) return refusedTemplate("The account or the template has an id that is none of WhatsApp's. Correct the channel.");
    const search = new URLSearchParams(query).toString();
    const result = await exchange(pool, {
      ...{ origin: isOfArchive ? (ARCHIVE_ORIGINS.get(base.origin) ?? base.origin) : base.origin, method, timeoutMs },
      path: `${base.path}/${isOfArchive ? "" : `${version}/`}${path.join("/")}${search === "" ? "" : `?${search}`}`,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return readTemplateAnswer(result);
  }

  const succeeded = async (request: Call): Promise<{ readonly outcome: "done" } | PlatformFailure> => {
    const answer = await call(request);
    if (answer.outcome !== "answered") return answer;
    if (answer.body["success"] === true) return { outcome: "done" };
    const why = readString(answer.body, "reason");
    return why === undefined
      ? { outcome: "uncertain", sentence: "WhatsApp answered without saying whether it did it." }
      : refusedTemplate(`WhatsApp did not do it: ${why.slice(0, MAX_SAID)}`);
  };

  return {
    async listTemplates({ accountId, accessToken: token }, { after, limit }) {
      const query = {
        ...{ fields: TEMPLATE_FIELDS, limit: String(limit), summary: "total_count,message_template_count,message_template_limit" },
        ...(after === null ? {} : { after }),
      };
      const answer = await call({ method: "GET", token, path: [accountId, "message_templates"], query });
      return answer.outcome === "answered" ? readPage(answer.body, after) : answer;
    },
    async readTemplate({ accessToken: token }, providerId) {
      const answer = await call({ method: "GET", token, path: [providerId], query: { fields: TEMPLATE_FIELDS } });
      if (answer.outcome !== "answered") return answer;
      const template = readTemplateNode(answer.body);
      return template === undefined
        ? { outcome: "uncertain", sentence: "WhatsApp answered with something that is no template." }
        : { outcome: "found", template };
    },
    async readMarketingStatus({ accountId, accessToken: token }) {
      const answer = await call({ method: "GET", token, path: [accountId], query: { fields: "marketing_messages_onboarding_status" } });
      if (answer.outcome !== "answered") return answer;
      return { outcome: "read", status: readString(answer.body, "marketing_messages_onboarding_status")?.slice(0, 100) ?? null };
    },
    async createTemplate({ accountId, accessToken: token }, body) {
      const answer = await call({ method: "POST", token, path: [accountId, "message_templates"], body });
      if (answer.outcome !== "answered") return answer;
      const providerId = readScalar(answer.body, "id");
      return providerId === undefined
        ? { outcome: "uncertain", sentence: "WhatsApp answered without the id of the template." }
        : { outcome: "created", providerId };
    },
    editTemplate: ({ accessToken: token }, providerId, body) => succeeded({ method: "POST", token, path: [providerId], body }),
    deleteTemplate: ({ accountId, accessToken: token }, { name, providerId }) =>
      succeeded({
        ...{ method: "DELETE", token, path: [accountId, "message_templates"] },
        query: { name, ...(providerId === undefined ? {} : { hsm_id: providerId }) },
      }),
    async archiveTemplate({ accountId, accessToken: token }, { providerId, archived }) {
      const path = [accountId, "message_templates", archived ? "archive" : "unarchive"];
      const answer = await call({ method: "POST", token, path, body: { hsm_ids: providerId }, isOfArchive: true });
      if (answer.outcome !== "answered") return answer;
      const done = readArray(answer.body, archived ? "archived_templates" : "unarchived_templates") ?? [];
      if (done.some((one) => idOf(one) === providerId)) return { outcome: "done" };
      const isRefused = (readArray(answer.body, "failed_templates") ?? []).some((one) => idOf(one) === providerId);
      if (!isRefused) return { outcome: "uncertain", sentence: "WhatsApp answered without saying whether it did it." };
      return refusedTemplate(`WhatsApp did not take the template ${archived ? "into" : "out of"} the archive.`);
    },
    unpauseTemplate: ({ accessToken: token }, providerId) => succeeded({ method: "POST", token, path: [providerId, "unpause"] }),
    uploadExample: ({ accessToken }, file) => uploadExample(accessToken, file),
    close: () => pool.close(),
  };
}

/** In these lists an id, or an object with one (unverified). */
const idOf = (one: Json): string | undefined => (isObject(one) ? readScalar(one, "id") : readScalar({ one }, "one"));

function readPage(body: JsonObject, before: string | null): Awaited<ReturnType<TemplatePlatform["listTemplates"]>> {
  const data = readArray(body, "data");
  if (data === undefined) return { outcome: "uncertain", sentence: "WhatsApp answered with something that is no list of templates." };
  const templates = data.map(readTemplateNode);
  const paging = readObject(body, "paging");
  const cursor = readString(readObject(paging, "cursors"), "after");
  // A page that leads to itself would be read for ever.
  const after = readString(paging, "next") !== undefined && cursor !== before ? cursor : undefined;
  const summary = readObject(body, "summary");
  const [count, limit] = [readInteger(summary, "message_template_count"), readInteger(summary, "message_template_limit")];
  const readable = templates.filter((template) => template !== undefined);
  return {
    ...{ outcome: "page", templates: readable, unreadable: templates.length - readable.length },
    ...(after === undefined ? {} : { after }),
    ...(count === undefined ? {} : { count }),
    ...(limit === undefined ? {} : { limit }),
  };
}
