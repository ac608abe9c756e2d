// Figures of a benchmark: printed as JSON lines, kept in a file of the run, and checked against their bounds at the end.
import { expect } from "@playwright/test";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

// Units of which more is better: their bound is a minimum.
const MORE_IS_BETTER = ["rows/s", "times faster"];
// Bound of the growth from the smallest to the largest database.
const GROWTH = 1.5;
// Below this share of its bound a figure may double: it is noise of the machine, not growth.
const NOISE = 0.1;

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

const round = (value) => (value === null ? null : Number(value.toPrecision(4)));
const isWithin = ({ value, unit, bound }) => value !== null && (bound === null || (MORE_IS_BETTER.includes(unit) ? value >= bound : value <= bound));
const key = ({ bench, unit }) => `${bench} (${unit})`;

export class Figures {
  // The file is in a folder that Playwright empties before each run: it has the figures of all tests and sizes.
  constructor(folder, entries) {
    mkdirSync(folder, { recursive: true });
    this.file = path.join(folder, "figures.jsonl");
    this.entries = entries;
    this.exceeded = [];
  }

  // A value of null means that there was none within the time allowed; it exceeds every bound.
  add(bench, value, unit, bound = null, details = {}) {
    const figure = { bench, entries: this.entries, value: round(value), unit, bound, ...details };
    const line = JSON.stringify(figure);
    console.log(line);
    appendFileSync(this.file, `${line}\n`);
    if (!isWithin(figure)) this.exceeded.push(line);
    return value;
  }

  // Adds the median of several rounds, which are results of `Promise.allSettled`. One that failed makes the value null.
  addRounds(bench, unit, bound, rounds) {
    const failed = rounds.find(({ status }) => status === "rejected");
    if (failed) return this.add(bench, null, unit, bound, { error: String(failed.reason.message).split("\n")[0] });
    return this.add(bench, percentile(rounds.map(({ value }) => value), 0.5), unit, bound);
  }

  // Measures several rounds and adds their median.
  async measure(bench, unit, bound, count, round) {
    const rounds = [];
    for (let number = 0; number < count && rounds.every(({ status }) => status === "fulfilled"); number++) {
      rounds.push(...(await Promise.allSettled([(async () => round(number))()])));
    }
    return this.addRounds(bench, unit, bound, rounds);
  }

  // Compares two sizes that were run.
  addGrowth(smallest, largest) {
    const lines = existsSync(this.file) ? readFileSync(this.file, "utf8").trim().split("\n") : [];
    const figures = lines.map((line) => JSON.parse(line));
    const before = new Map(figures.filter(({ entries }) => entries === smallest).map((figure) => [key(figure), figure]));
    for (const figure of figures.filter(({ entries, bound }) => entries === largest && bound !== null)) {
      const { value } = before.get(key(figure)) ?? {};
      if (!value || figure.value === 0) continue;
      const growth = MORE_IS_BETTER.includes(figure.unit) ? value / figure.value : figure.value / Math.max(value, figure.bound * NOISE);
      this.add(`growth of ${key(figure)}`, figure.value === null ? null : growth, "times", GROWTH, { from: smallest, to: largest });
    }
  }
}

// Fails with all figures of the test that exceed their bound.
export function expectWithinBounds(figures) {
  expect(figures.exceeded, "figures that exceed their bounds").toEqual([]);
}
