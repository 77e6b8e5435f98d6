// Owns: who may import whom. The picture is in ARCHITECTURE.md.

const ROOMS = require("./scripts/rooms.cjs");

const server = (...rooms) => `^server/src/(${rooms.join("|")})(/|\\.ts$)`;
/** Files of ours; a workspace may have a node_modules of its own. */
const ours = (...folders) => `^(${folders.join("|")})/(?!node_modules/)`;
const tests = "(\\.test\\.tsx?$|^server/test/|^(simulator|inbox|sdk|bench)/test/)";

/** A rule whose arrow is not allowed, between files of ours. */
const forbid = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    forbid("no-cycles", "A cycle makes two modules one.", {}, { circular: true }),
    forbid("resolvable", "An import that leads nowhere.", {}, { couldNotResolve: true }),
    ...Object.entries(ROOMS).map(([room, known]) =>
      forbid(
        `${room}-keeps-its-walls`,
        known.length === 0 ? `${room} knows nothing else of ours.` : `${room} knows ${known.join(", ")} only.`,
        { path: server(room), pathNot: tests },
        { path: "^server/src/", pathNot: server(room, ...known) },
      ),
    ),
    forbid(
      "server-by-itself",
      "The server needs no other workspace of ours.",
      { path: "^server/src/", pathNot: [server("compose"), tests] },
      { path: ours("sdk", "simulator", "inbox", "bench") },
    ),
    forbid(
      "simulator-in-the-demo",
      "Starting the demo starts the simulator; nothing else of ours is started from here.",
      { path: server("compose"), pathNot: tests },
      { path: ours("sdk", "inbox", "bench") },
    ),
    forbid(
      "whatsapp-without-database",
      "whatsapp knows no database.",
      { path: server("whatsapp"), pathNot: tests },
      { path: "(^|/)node_modules/pg/" },
    ),
    forbid(
      "simulator-is-a-stranger",
      "The simulator plays Meta: it shares no code with us, or it would share our mistakes.",
      { path: "^simulator/" },
      { path: ours("server", "sdk", "inbox", "bench") },
    ),
    forbid(
      "sdk-is-alone",
      "The SDK must work without the rest of us.",
      { path: "^sdk/" },
      { path: ours("server", "simulator", "inbox", "bench") },
    ),
    forbid(
      "inbox-through-sdk",
      "The inbox talks only through the SDK.",
      { path: "^inbox/", pathNot: tests },
      { path: ours("server", "simulator", "bench") },
    ),
    forbid("no-tests-in-product", "Product code does not import tests.", { path: "^[^/]+/src/", pathNot: tests }, { path: tests }),
    forbid(
      "no-development-tools-in-product",
      "It would be missing after an install without development tools.",
      { path: "^(server|sdk|simulator)/src/", pathNot: tests },
      { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "type-only"] },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".js"],
    },
  },
};
