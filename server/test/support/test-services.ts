// Owns: the features of the product on a test's database, built as the product builds them.
import { createServices, type ServiceParts, type Services } from "../../src/compose/services.ts";
import { noFailPoints } from "../../src/kernel/fail-points.ts";
import { createGraphTemplates } from "../../src/whatsapp/graph-templates.ts";
import { createGraphThreadControl } from "../../src/whatsapp/graph-thread-control.ts";
import { createOutsideHttp } from "../../src/outside/outside-http.ts";

/** Reaches no private address, unless `outside` does, no platform, unless `templatePlatform` or `threadPlatform` does, and no files, unless `mediaStore` does. */
export function createTestServices(parts: Pick<ServiceParts, "database" | "log"> & Partial<ServiceParts>): Services {
  return createServices({
    failPoints: noFailPoints,
    outside: createOutsideHttp({ privateHosts: [] }),
    templatePlatform: createGraphTemplates({ baseUrl: () => "", version: "v26.0" }),
    threadPlatform: createGraphThreadControl({ baseUrl: () => "", version: "v26.0" }),
    mediaStore: { open: () => Promise.resolve(undefined) },
    wake: () => undefined,
    onKnown: () => Promise.resolve(),
    ...parts,
  });
}
