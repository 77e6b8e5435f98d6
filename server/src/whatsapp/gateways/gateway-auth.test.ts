import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { hasWahaSignature, verifyBridgeCall, verifyEvolutionCall, verifyWahaCall } from "./gateway-auth.ts";

const now = new Date(1_790_003_000_000);

const PUBLISHED = {
  rawBody: Buffer.from('{"event":"message","session":"default","engine":"WEBJS"}'),
  hmac: "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89",
};

it("WAHA's published example verifies, and nothing near it does", () => {
  const { rawBody, hmac } = PUBLISHED;
  const call = { secrets: ["old", "my-secret-key"], now };
  expect(verifyWahaCall({ ...call, headers: { "x-webhook-hmac": hmac, "x-webhook-hmac-algorithm": "sha512" } }, rawBody)).toBe(true);
  for (const wrong of [hmac.slice(2), `${hmac}00`, hmac.replace("2", "3"), "", undefined]) {
    expect(verifyWahaCall({ ...call, headers: { "x-webhook-hmac": wrong } }, rawBody)).toBe(false);
  }
  expect(verifyWahaCall({ ...call, headers: { "x-webhook-hmac": hmac, "x-webhook-hmac-algorithm": "sha256" } }, rawBody)).toBe(false);
  expect(verifyWahaCall({ ...call, headers: { "x-webhook-hmac": hmac } }, Buffer.concat([rawBody, Buffer.from(" ")]))).toBe(false);
  const forgotten = createHmac("sha512", "").update(rawBody).digest("hex");
  expect(verifyWahaCall({ ...call, secrets: [""], headers: { "x-webhook-hmac": forgotten } }, rawBody)).toBe(false);
});

function token(secret: string, claims: object, alg = "HS256"): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg, typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${alg === "none" ? "" : createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

it("Evolution proves itself by the secret in a header, or by a token signed with it", () => {
  const claims = { iat: now.getTime() / 1000, exp: now.getTime() / 1000 + 600, app: "evolution", action: "webhook" };
  const verify = (headers: Record<string, string>): boolean => verifyEvolutionCall({ headers, secrets: ["s3cret"], now });
  expect(verify({ apikey: "s3cret" })).toBe(true);
  expect(verify({ authorization: "Bearer s3cret" })).toBe(true);
  expect(verify({ authorization: `Bearer ${token("s3cret", claims)}` })).toBe(true);
  for (const headers of [
    {},
    { apikey: "" },
    { apikey: "s3cre" },
    { authorization: "s3cret" },
    { authorization: `Bearer ${token("other", claims)}` },
    { authorization: `Bearer ${token("s3cret", claims, "none")}` },
    { authorization: `Bearer ${token("s3cret", { ...claims, exp: claims.iat - 7200 })}` },
    { authorization: `Bearer ${token("s3cret", {})}` },
    { authorization: "Bearer a.b.c" },
  ] as readonly Record<string, string>[]) {
    expect(verify(headers)).toBe(false);
  }
});

it("a retry half an hour after its token ran out is still Evolution", () => {
  const headers = { authorization: `Bearer ${token("s3cret", { exp: now.getTime() / 1000 - 1800 })}` };
  expect(verifyEvolutionCall({ headers, secrets: ["s3cret"], now })).toBe(true);
});

it("without a secret nobody is the bridge", () => {
  const call = { headers: { authorization: "Bearer s3cret" }, now };
  expect(verifyBridgeCall({ ...call, secrets: ["s3cret"] })).toBe(true);
  expect(verifyBridgeCall({ ...call, secrets: [] })).toBe(false);
  expect(verifyBridgeCall({ ...call, headers: { authorization: "Bearer " }, secrets: [""] })).toBe(false);
});

it("before the body is there, WAHA's call has to carry something that can be a signature of it", () => {
  const { hmac } = PUBLISHED;
  const hasOne = (headers: Record<string, string>, secrets = ["s3cret"]): boolean => hasWahaSignature({ headers, secrets, now });
  expect(hasOne({ "x-webhook-hmac": hmac })).toBe(true);
  expect(hasOne({ "x-webhook-hmac": hmac }, [])).toBe(false);
  for (const headers of [{}, { "x-webhook-hmac": "" }, { "x-webhook-hmac": hmac.slice(1) }, { "x-webhook-hmac": `${hmac.slice(1)}g` }])
    expect(hasOne(headers)).toBe(false);
});
