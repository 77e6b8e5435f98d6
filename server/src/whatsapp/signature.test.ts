import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifySignature } from "./signature.ts";

const SECRET = "demo-app-secret";
const rawBody = Buffer.from(
  String.raw`{"object":"whatsapp_business_account","entry":[{"id":"300000000000001","changes":[{"field":"messages","value":{"note":"A\u00e7\u00e3o \ud83d\udc4d"}}]}]}`,
);
const DIGEST = "e7d2228d9c75ce1c89e80c94731423d531b1693ebf36a45a1af2a60671347cd4";
const header = `sha256=${DIGEST}`;
const verify = (given: string | undefined, secrets: readonly string[] = [SECRET], body: Buffer = rawBody): boolean =>
  verifySignature({ rawBody: body, header: given, secrets });

describe("a webhook's signature", () => {
  test("of the platform's own example is accepted", () => {
    expect(rawBody.length).toBe(153);
    expect(verify(header)).toBe(true);
  });

  test("is over the bytes of the wire, not over the same JSON written again", () => {
    const again = Buffer.from(JSON.stringify(JSON.parse(rawBody.toString())));
    expect(again.length).toBe(137);
    expect(verify("sha256=1cf5b7c380682317b388aa107110b38c986e51b6f6531be8e6ce0c0581d7d0be")).toBe(false);
    expect(verify(header, [SECRET], again)).toBe(false);
  });

  test("is Node's own HMAC, whatever the secret and the body", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 200 }), fc.uint8Array({ maxLength: 300 }), (secret, bytes) => {
        const body = Buffer.from(bytes);
        const digest = createHmac("sha256", secret).update(body).digest("hex");
        expect(verify(`sha256=${digest}`, [secret], body)).toBe(true);
      }),
    );
  });

  test("is accepted under either secret of a rotation, in any order", () => {
    expect(verify(header, ["new-secret", SECRET])).toBe(true);
    expect(verify(header, [SECRET, "new-secret"])).toBe(true);
    expect(verify(header, ["new-secret", "newer-secret"])).toBe(false);
  });

  test("is accepted with upper-case digits", () => {
    expect(verify(`sha256=${DIGEST.toUpperCase()}`)).toBe(true);
  });

  test.each([
    ["missing", undefined],
    ["empty", ""],
    ["without its prefix", DIGEST],
    ["of another algorithm", `sha1=${DIGEST}`],
    ["with its prefix in capitals", `SHA256=${DIGEST}`],
    ["truncated by one digit", header.slice(0, -1)],
    ["longer by one digit", `${header}0`],
    ["wrong in the last digit", `${header.slice(0, -1)}5`],
    ["not hexadecimal", `sha256=${"g".repeat(64)}`],
    ["hexadecimal only at its start", `sha256=${DIGEST.slice(0, 62)}zz`],
    ["of characters that are longer as bytes", `sha256=${"é".repeat(64)}`],
  ])("%s is refused", (_case, given) => {
    expect(verify(given)).toBe(false);
  });

  test("is refused when one byte of the body differs", () => {
    const changed = Buffer.from(rawBody);
    changed[10] = 0x20;
    expect(verify(header, [SECRET], changed)).toBe(false);
  });

  test("never passes without a secret, nor with an empty one", () => {
    const signedWithNothing = `sha256=${createHmac("sha256", "").update(rawBody).digest("hex")}`;
    expect(verify(signedWithNothing, [""])).toBe(false);
    expect(verify(header, [])).toBe(false);
  });
});
