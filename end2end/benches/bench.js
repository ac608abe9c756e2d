// Fixtures of the benchmarks: a filled server of a size, the line to it, and the figures of a run.
import { test as base } from "../tests/jiedui.js";
import { Figures } from "./figures.js";
import { FilledServer } from "./filled.js";

// Numbers of generated entries.
export const SIZES = (process.env.JIEDUI_BENCH_ENTRIES ?? "10000").split(/[ ,]+/).filter(Boolean).map(Number);
// Rounds of which a figure is the median.
export const ROUNDS = Number(process.env.JIEDUI_BENCH_ROUNDS ?? 3);

export const test = base.extend({
  entries: [SIZES[0], { option: true }],
  // Filling ten million entries takes a quarter of an hour.
  server: [
    async ({ entries }, use) => {
      const server = await FilledServer.open(entries);
      await use(server);
      await server.stop();
    },
    { timeout: 7_200_000 },
  ],
  figures: async ({ entries }, use, testInfo) => use(new Figures(testInfo.project.outputDir, entries)),
});
