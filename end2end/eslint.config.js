// Lint rules for all JavaScript of the project. `make lint` runs ESLint from the repository root, so that `public/` and the
// service worker are checked too.
import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import playwright from "eslint-plugin-playwright";
import globals from "globals";

export default defineConfig([
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    rules: {
      "array-callback-return": "error",
      eqeqeq: "error",
      "no-implicit-globals": "error",
      "no-template-curly-in-string": "error",
      "no-use-before-define": ["error", { functions: false, variables: false }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
  { files: ["public/**/*.js"], languageOptions: { globals: globals.browser } },
  {
    // A classic script: its functions are globals of the worker.
    files: ["server/service-worker.js"],
    languageOptions: { sourceType: "script", globals: globals.serviceworker },
    rules: { "no-implicit-globals": "off" },
  },
  {
    // Tests run in Node.js; the functions that they pass to a page run in the browser.
    files: ["end2end/**/*.js"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    // Playwright's fixtures must destructure their argument, even where they need nothing from it.
    rules: {
      "no-control-regex": "off",
      "no-empty-pattern": ["error", { allowObjectPatternsAsParameters: true }],
    },
  },
  {
    files: ["end2end/tests/**/*.js", "end2end/benches/**/*.js"],
    plugins: { playwright },
    rules: {
      // A test must assert something, itself or through a helper with one of these names.
      "playwright/expect-expect": ["error", { assertFunctionPatterns: ["^expect", "^compareScreenshot$"] }],
      "playwright/missing-playwright-await": "error",
      "playwright/no-duplicate-hooks": "error",
      "playwright/no-focused-test": "error",
      "playwright/no-networkidle": "error",
      "playwright/no-page-pause": "error",
      "playwright/no-skipped-test": "error",
      "playwright/no-unsafe-references": "error",
      "playwright/no-useless-await": "error",
      "playwright/no-wait-for-timeout": "error",
      "playwright/prefer-web-first-assertions": "error",
      "playwright/valid-expect": "error",
      "playwright/valid-expect-in-promise": "error",
    },
  },
  // Benchmarks measure the work that follows a change, for which there is nothing to wait for.
  { files: ["end2end/benches/**/*.js"], rules: { "playwright/no-wait-for-timeout": "off" } },
]);
