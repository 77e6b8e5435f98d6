// Owns the handshake that Meta makes with a webhook URL. Knows nothing of deliveries.
import { randomBytes } from "node:crypto";
import { request } from "undici";

export interface Handshake {
  readonly url: string;
  readonly ok: boolean;
  readonly status: number | undefined;
  readonly problem: string | undefined;
}

/** Never throws: what went wrong is in `problem`. */
export async function verifyWebhook(url: string, verifyToken: string): Promise<Handshake> {
  const challenge = String(randomBytes(4).readUInt32BE());
  const address = new URL(url);
  address.searchParams.set("hub.mode", "subscribe");
  address.searchParams.set("hub.challenge", challenge);
  address.searchParams.set("hub.verify_token", verifyToken);
  try {
    const response = await request(address, { method: "GET", headersTimeout: 10_000, bodyTimeout: 10_000 });
    const body = await response.body.text();
    const status = response.statusCode;
    if (status !== 200) return { url, ok: false, status, problem: `answered ${status} instead of 200` };
    const ok = body === challenge;
    return { url, ok, status, problem: ok ? undefined : "answered 200, but the body is not exactly the challenge" };
  } catch (error) {
    return { url, ok: false, status: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}
