// Owns: the API as a business's own program uses it, over HTTP with a key. Refuses to know: what is asked.
import { createApiKeys } from "../../src/businesses/api-keys.ts";
import type { Database } from "../../src/db/database.ts";
import type { BusinessId } from "../../src/kernel/ids.ts";

export interface ApiAnswer<Body> {
  readonly status: number;
  readonly body: Body;
}

export interface ApiClient {
  get<Body = Readonly<Record<string, unknown>>>(path: string): Promise<ApiAnswer<Body>>;
  post<Body = Readonly<Record<string, unknown>>>(path: string, body?: unknown): Promise<ApiAnswer<Body>>;
}

/** `path` after `/api/v1`. */
export async function createApiClient(url: string, database: Database, businessId: BusinessId): Promise<ApiClient> {
  const { key } = await createApiKeys({ database }).create(businessId, "test");
  const authorization = `Bearer ${key}`;
  async function ask<Body>(path: string, init: RequestInit): Promise<ApiAnswer<Body>> {
    const response = await fetch(`${url}/api/v1${path}`, init);
    return { status: response.status, body: (await response.json()) as Body };
  }
  return {
    get: (path) => ask(path, { headers: { authorization } }),
    post: (path, body) =>
      ask(path, {
        method: "POST",
        headers: { authorization, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}
