// Owns: how the inbox is built, and where a developer's page finds the API. Refuses to know: how the server serves it.
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/inbox/",
  plugins: [react(), tailwindcss()],
  // An inlined file would be a data: address, which the page's content security policy forbids.
  build: { assetsInlineLimit: 0 },
  server: { proxy: { "/api": "http://127.0.0.1:3000" } },
});
