import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.js";

// Benchmarks of the screens, run by `make bench`: each measurement is a JSON line.
export default defineConfig({ ...tests, testDir: "benches", testMatch: "*.bench.js", timeout: 900_000, reporter: [["line"]] });
