// Owns: writing sdk/src/schema.ts from sdk/openapi.json: `node scripts/generate-sdk-types.ts`.
import { readFile, writeFile } from "node:fs/promises";
import { renderSdkTypes } from "./render-sdk-types.ts";

const source = new URL("../sdk/openapi.json", import.meta.url);
const target = new URL("../sdk/src/schema.ts", import.meta.url);
await writeFile(target, await renderSdkTypes(JSON.parse(await readFile(source, "utf8"))));
