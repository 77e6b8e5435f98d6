import { expect, test } from "vitest";
import { webAddress } from "./web-address.ts";

test("an address of the web carries no login, whatever its spelling", () => {
  for (const address of [
    "http://user:secret@host.example/v1",
    "https://user@host.example",
    "https://:secret@host.example",
    "HTTP:user:p@h.example",
  ])
    expect(webAddress.safeParse(address).success, address).toBe(false);
  for (const address of ["https://host.example/@handle?to=a@b.example", "http://127.0.0.1:11434/v1"])
    expect(webAddress.safeParse(address).success, address).toBe(true);
});
