// Owns: a scanner as clamd is: it reads to the end of what it is told, then says one word.
import { createServer, type AddressInfo } from "node:net";

export interface FakeClamd {
  /** `host:port`. */
  readonly address: string;
  close(): void;
}

export async function startFakeClamd(answerTo: (file: Buffer) => string): Promise<FakeClamd> {
  const scanner = createServer((socket) => {
    let heard = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      const file: Buffer[] = [];
      for (let at = "zINSTREAM\0".length; at + 4 <= heard.length;) {
        const length = heard.readUInt32BE(at);
        if (length === 0) {
          socket.end(`${answerTo(Buffer.concat(file))}\0`);
          return;
        }
        file.push(heard.subarray(at + 4, at + 4 + length));
        at += 4 + length;
      }
    });
  });
  await new Promise<void>((resolve) => scanner.listen(0, "127.0.0.1", resolve));
  return { address: `127.0.0.1:${String((scanner.address() as AddressInfo).port)}`, close: () => void scanner.close() };
}
