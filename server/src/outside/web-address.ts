// Owns: what a setting that holds an address of the web may be. Refuses to know: who is asked there.
import { z } from "zod";

function hasNoLogin(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url === undefined || (url.username === "" && url.password === "");
}

/** A login in it would be shown to everybody who reads the setting, and is never used: requests to such addresses are refused. */
export const webAddress = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .refine(hasNoLogin, "must not carry a login (user:password@)");
