import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.js";

// What the browser's part costs, a JSON line each: make bench.
export default defineConfig({ ...tests, testDir: "benches", testMatch: "*.bench.js", timeout: 900_000, reporter: [["line"]] });
