// Owns: naming a TCP port on loopback that nobody uses at this moment. Refuses to know: what it is for.

import { createServer } from "node:net";

/** Somebody else may take it before it is used: be ready to ask again. */
export function findFreePort(): Promise<number> {
  return new Promise((settle, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => {
        settle(port);
      });
    });
  });
}
