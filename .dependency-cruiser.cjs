// Owns: who may import whom. The picture is in ARCHITECTURE.md.

const server = (...layers) => `^server/src/(${layers.join("|")})(/|\\.ts$)`;
const base = server("kernel", "db", "whatsapp", "config");
const top = server("main", "compose", "http", "cli", "config");
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
    forbid(
      "kernel-is-the-ground",
      "kernel imports nothing of ours.",
      { path: server("kernel"), pathNot: tests },
      { path: ours("server", "sdk", "simulator", "inbox", "bench"), pathNot: server("kernel") },
    ),
    forbid(
      "db-above-kernel",
      "db imports only kernel.",
      { path: server("db"), pathNot: tests },
      { path: ours("server", "sdk", "simulator", "inbox", "bench"), pathNot: server("db", "kernel") },
    ),
    forbid(
      "whatsapp-above-kernel",
      "whatsapp imports only kernel.",
      { path: server("whatsapp"), pathNot: tests },
      { path: ours("server", "sdk", "simulator", "inbox", "bench"), pathNot: server("whatsapp", "kernel") },
    ),
    forbid(
      "whatsapp-without-database",
      "whatsapp knows no database.",
      { path: server("whatsapp"), pathNot: tests },
      { path: "(^|/)node_modules/pg/" },
    ),
    forbid(
      "config-stands-alone",
      "config is read, it reads nobody.",
      { path: server("config"), pathNot: tests },
      { path: ours("server", "sdk", "simulator", "inbox", "bench"), pathNot: server("config", "kernel") },
    ),
    forbid(
      "features-below-the-edge",
      "Features take what they need as dependencies; they know neither HTTP, nor the command line, nor the settings.",
      { path: "^server/src/", pathNot: [base, top, tests] },
      { path: [top, ours("sdk", "simulator", "inbox", "bench")] },
    ),
    forbid(
      "lanes-know-no-work",
      "lanes carry work; what it is belongs to the features.",
      { path: server("lanes"), pathNot: tests },
      { path: "^server/src/", pathNot: server("lanes", "db", "kernel") },
    ),
    forbid(
      "replies-without-sending",
      "A reply is written here and sent by outbound; sessions are shown to it through a port.",
      { path: server("replies"), pathNot: tests },
      { path: server("outbound", "sessions") },
    ),
    forbid(
      "sending-without-replies",
      "What is sent is in its row, whoever wrote it.",
      { path: server("outbound"), pathNot: tests },
      { path: server("replies", "sessions", "ingest") },
    ),
    forbid(
      "sessions-without-sending",
      "Sessions are bookkeeping: they send nothing.",
      { path: server("sessions"), pathNot: tests },
      { path: server("outbound", "ingest", "tools", "models") },
    ),
    forbid(
      "ingest-without-replies",
      "Intake wakes a lane, and knows nobody who works on it.",
      { path: server("ingest"), pathNot: tests },
      { path: server("replies", "outbound", "sessions", "models", "tools") },
    ),
    forbid(
      "http-below-main",
      "http is wired by compose.",
      { path: server("http"), pathNot: tests },
      { path: server("main", "compose", "cli", "config") },
    ),
    forbid(
      "cli-below-main",
      "main hands the command line what it starts.",
      { path: server("cli"), pathNot: tests },
      { path: server("main") },
    ),
    forbid("nobody-imports-main", "main is where it begins.", { pathNot: tests }, { path: server("main") }),
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
