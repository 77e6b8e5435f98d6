// Owns: writing sdk/openapi.json from the routes: `node scripts/generate-openapi.ts`. Needs no database.
import { writeFile } from "node:fs/promises";
import { describeRoutes } from "../server/src/http/describe-routes.ts";

const target = new URL("../sdk/openapi.json", import.meta.url);
await writeFile(target, `${JSON.stringify(await describeRoutes(), null, 2)}\n`);
