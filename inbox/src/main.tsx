// Owns: putting the inbox into the page.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";

const root = document.querySelector("#root");
if (root === null) throw new Error("The page has no element for the inbox.");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
