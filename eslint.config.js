// Owns: what the linter holds the code to. Each switched-off rule says why.

import tseslint from "typescript-eslint";
import { explainedDisable, functionSize, moduleComment } from "./scripts/lint-rules.js";

const tests = ["**/*.test.ts", "**/*.test.tsx", "server/test/**", "simulator/test/**", "inbox/test/**"];

const noDefaultExport = {
  selector: "ExportDefaultDeclaration",
  message: "Export by name: it is found by searching, and renamed by tools.",
};
const noEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: "Only server/src/config/config.ts reads the environment; take what you need as a dependency.",
};

export default tseslint.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "coverage/**", ".onethread/**"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: {
      onethread: { rules: { "explained-disable": explainedDisable, "function-size": functionSize, "module-comment": moduleComment } },
    },
    rules: {
      "onethread/explained-disable": "error",
      "onethread/module-comment": "error",
      "no-restricted-syntax": ["error", noDefaultExport, noEnvironment],
      "max-lines": ["error", 400],
      "onethread/function-size": ["error", 50],
      "max-params": ["error", 3],
      eqeqeq: "error",
      "no-console": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
      // Both `type` and `interface` are fine; neither is worth a red build.
      "@typescript-eslint/consistent-type-definitions": "off",
      // A type that refers to itself, such as JSON, can only be written with an index signature.
      "@typescript-eslint/consistent-indexed-object-style": "off",
      // It asks for `x!`, which no-non-null-assertion forbids.
      "@typescript-eslint/non-nullable-type-assertion-style": "off",
      // [...text] by code point is meant so here: initials, widths, edit distances.
      "@typescript-eslint/no-misused-spread": ["error", { allow: ["string"] }],
      // A port's method is async whether or not this implementation waits for anything.
      "@typescript-eslint/require-await": "off",
    },
  },
  // Markup is long without being complicated.
  { files: ["**/*.tsx"], rules: { "onethread/function-size": ["error", 80] } },
  {
    files: tests,
    rules: {
      "max-lines": ["error", 600],
      "onethread/function-size": "off",
      // Vitest's matchers inside expected values (expect.stringContaining) are typed as any.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "onethread/module-comment": "off",
      "no-restricted-syntax": ["error", noDefaultExport],
    },
  },
  // Programs for the terminal: their output is their purpose.
  { files: ["server/src/cli/**", "simulator/src/cli/**", "bench/**", "scripts/**", ...tests], rules: { "no-console": "off" } },
  { files: ["server/src/config/config.ts", "bench/**", "scripts/**"], rules: { "no-restricted-syntax": ["error", noDefaultExport] } },
  // Vitest and Vite ask for a default export here.
  {
    files: ["*.config.ts", "**/vite.config.ts", "scripts/summary-reporter.ts", "server/test/global-setup.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
);
