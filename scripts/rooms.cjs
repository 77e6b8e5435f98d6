// Owns: the rooms of server/src and who of them may know whom. The import rules are made of it (.dependency-cruiser.cjs).

/**
 * The rooms of server/src, from the ground up, and which others each may know: only rooms above it in this list, so that no arrow runs back. ARCHITECTURE.md
 * shows the same list; scripts/architecture.test.ts compares the two.
 */
module.exports = {
  kernel: [],
  outside: [],
  embedded: [],
  config: ["kernel"],
  db: ["kernel"],
  whatsapp: ["kernel"],
  words: ["kernel", "whatsapp"],
  lanes: ["kernel", "db"],
  settings: ["kernel", "outside", "db", "words"],
  businesses: ["kernel", "db", "whatsapp", "settings"],
  identity: ["kernel", "db"],
  media: ["kernel", "outside", "db", "whatsapp"],
  conversations: ["kernel", "db", "whatsapp", "identity", "media"],
  templates: ["kernel", "db", "whatsapp"],
  events: ["kernel", "db", "conversations"],
  knowledge: ["kernel", "outside", "db", "settings"],
  ingest: ["kernel", "db", "whatsapp", "lanes", "settings", "businesses", "identity"],
  adopt: ["kernel", "db", "whatsapp", "businesses", "identity"],
  outbound: ["kernel", "db", "whatsapp", "lanes", "identity", "media", "conversations"],
  campaigns: ["kernel", "db", "whatsapp", "lanes", "identity", "conversations"],
  answers: ["kernel", "words", "whatsapp", "settings"],
  tools: ["kernel", "outside", "db", "lanes", "settings", "conversations", "knowledge", "answers"],
  sessions: ["kernel", "db", "whatsapp", "lanes", "settings", "conversations", "answers"],
  models: ["kernel", "outside", "whatsapp", "settings", "answers", "sessions"],
  transcripts: ["kernel", "db", "settings", "media", "answers", "models"],
  replies: ["kernel", "db", "words", "whatsapp", "lanes", "settings", "conversations", "answers"],
  responders: ["kernel", "outside", "db", "words", "whatsapp", "settings", "knowledge", "answers", "models", "replies"],
  maintenance: ["kernel", "db"],
  usage: ["kernel", "db", "whatsapp", "settings"],
  doctor: ["kernel", "db"],
  demo: ["kernel", "businesses", "knowledge"],
  http: [
    ...["kernel", "outside", "db", "whatsapp", "settings", "businesses", "media", "conversations", "templates"],
    ...["events", "knowledge", "ingest", "outbound", "campaigns", "answers", "tools", "sessions", "transcripts", "replies", "usage"],
  ],
  compose: [
    ...["kernel", "outside", "embedded", "config", "db", "whatsapp", "lanes", "settings", "businesses", "identity", "media"],
    ...["conversations", "templates", "events", "knowledge", "ingest", "outbound", "campaigns", "answers", "tools", "sessions"],
    ...["models", "transcripts", "replies", "responders"],
    ...["maintenance", "usage", "demo", "http"],
  ],
  cli: [
    ...["kernel", "outside", "embedded", "config", "db", "whatsapp", "settings", "businesses", "identity", "media", "conversations"],
    ...["templates", "knowledge", "ingest", "adopt", "outbound", "campaigns", "tools", "sessions", "replies", "usage", "doctor", "compose"],
  ],
  main: ["cli"],
};
