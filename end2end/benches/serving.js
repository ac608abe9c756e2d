// Measures the server over loopback: starts, the first page, figures and exports.
import http from "node:http";
import { percentile } from "./figures.js";
import { Editor, INDICATOR, WAITING } from "./filled.js";

const READY = 2_000;
const COLD_PAGE = 300;
const WARM_PAGE = 30;
const PAGE_UNDER_LOAD = 60;
const FIGURES = 30;
const EXPORT_MEMORY = 64;
const EXPORT_ROWS = 50_000;
const REQUESTS = 500;
const PUSHES_A_SECOND = 200;
const PUSHERS = 40;
// No benchmark of one kind of request takes longer, and no request.
const LIMIT = 30_000;
const REQUEST_LIMIT = 120_000;
const EXPORT_LIMIT = 1_800_000;
const SAMPLE_EVERY = 50;

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const SEEDED = { year: ["2023", "2024", "2025", "2026", "all"], programme: ["", "party_building", "industry", "marketing", "labour", "education", "health"], place: ["", "5201", "522728", "522728109", "520181002", "522728109205"], include: ["", "verified"] };

// Requests a path. Returns the milliseconds until the last byte; fails on any other status than 200.
function get(server, path, { headers = {}, limit = REQUEST_LIMIT, onData = () => {} } = {}) {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: server.port, path, agent, headers: { "accept-encoding": "br", ...headers }, signal: AbortSignal.timeout(limit) };
    const request = http.get(options, (response) => {
      response.on("data", onData);
      response.on("error", reject);
      response.on("end", () => (response.statusCode === 200 ? resolve(performance.now() - begin) : reject(new Error(`${path}: status ${response.statusCode}`))));
    });
    request.on("error", (error) => reject(new Error(`${path}: ${error.message}`)));
  });
}

// Requests paths one after another, until there are enough or the time is over. Returns the 99th percentile in milliseconds.
async function slowest(server, pathOf) {
  const waits = [];
  const begin = performance.now();
  for (let number = 0; number < REQUESTS && performance.now() - begin < LIMIT; number++) {
    waits.push(await get(server, pathOf(number)));
  }
  return percentile(waits, 0.99);
}

// Starts of the server and the first page after each.
export async function measureStarts(figures, server, rounds) {
  const cold = [];
  await figures.measure("server: start to ready", "ms", READY, rounds, async () => {
    await server.end();
    const ready = await server.serve();
    cold.push(get(server, "/"));
    await Promise.allSettled(cold);
    return ready;
  });
  await figures.measure("server: / cold", "ms", COLD_PAGE, cold.length, (number) => cold[number]);
}

// Pushes single edits at a steady rate until `state.done` is set. Each client sends its next edit when it is due and the
// previous one is answered. Returns the number of edits.
function pushSteadily(editors, state) {
  const push = async (editor) => {
    const begin = performance.now();
    let pushes = 0;
    while (!state.done) {
      const due = begin + (pushes * 1_000 * PUSHERS) / PUSHES_A_SECOND;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      await editor.edit(1);
      pushes += 1;
    }
    return pushes;
  };
  return Promise.all(editors.map(push));
}

// The first page, warm, alone and during pushes.
export async function measurePage(figures, server) {
  await figures.measure("server: / warm, p99", "ms", WARM_PAGE, 1, () => slowest(server, () => "/"));
  const share = Math.floor(WAITING.length / PUSHERS);
  const editors = [];
  for (let number = 0; number < PUSHERS; number++) editors.push(await Editor.of(server, WAITING.slice(number * share, (number + 1) * share)));
  const state = { done: false };
  const begin = performance.now();
  const pushing = pushSteadily(editors, state);
  await figures.measure(`server: / under ${PUSHES_A_SECOND} pushes a second, p99`, "ms", PAGE_UNDER_LOAD, 1, () => slowest(server, () => "/"));
  state.done = true;
  const pushes = (await pushing).reduce((sum, count) => sum + count, 0);
  figures.add("server: pushes answered beside it", pushes / ((performance.now() - begin) / 1_000), "pushes a second");
}

// A filter that a screen offers; the same number is the same filter.
function filter(number, names) {
  let rest = number * 7_919;
  const query = new URLSearchParams();
  for (const name of names) {
    const values = SEEDED[name];
    if (values[rest % values.length]) query.set(name, values[rest % values.length]);
    rest = Math.floor(rest / values.length);
  }
  return query;
}

// What the shared view, the indicator page and the report show, under filters.
export async function measureFigures(figures, server) {
  const asYear = (query) => {
    if (query.get("year") === "all") query.set("year", "2022");
    return query;
  };
  const ways = {
    map: (number) => `/api/v1/map?${asYear(filter(number, ["year", "programme", "place"]))}`,
    series: (number) => `/api/v1/indicators/${INDICATOR}/series?${asYear(filter(number, ["year", "place"]))}&by=${number % 2 ? "month" : "place"}`,
    indicators: (number) => `/api/v1/indicators?${asYear(filter(number, ["year", "programme", "place", "include"]))}`,
    report: (number) => `/report?${filter(number, ["year", "programme", "place", "include"])}`,
  };
  for (const [name, pathOf] of Object.entries(ways)) {
    await figures.measure(`server: ${name} under filters, p99`, "ms", FIGURES, 1, () => slowest(server, pathOf));
  }
}

async function session(server, name) {
  const body = JSON.stringify({ username: name, password: server.passwords[name] });
  const answer = await fetch(`http://127.0.0.1:${server.port}/api/v1/session`, { method: "POST", headers: { "content-type": "application/json" }, body });
  return { authorization: `Bearer ${(await answer.json()).token}` };
}

// Reads a whole export. Returns seconds, lines, and the growth of the resident memory in MB.
async function exported(server, path, headers) {
  const before = await server.memory();
  let most = before;
  let lines = 0;
  const sampling = setInterval(async () => (most = Math.max(most, await server.memory())), SAMPLE_EVERY);
  const onData = (bytes) => {
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1;
  };
  try {
    const milliseconds = await get(server, path, { headers: { ...headers, "accept-encoding": "identity" }, limit: EXPORT_LIMIT, onData });
    return { seconds: milliseconds / 1_000, lines, growth: most - before };
  } finally {
    clearInterval(sampling);
  }
}

// The tables of all entries.
export async function measureExports(figures, server) {
  const headers = await session(server, "bench-coordinator");
  let rows = null;
  for (const kind of ["csv", "xlsx"]) {
    let result = null;
    const what = `server: entries.${kind} of all rows`;
    await figures.measure(`${what}, resident growth`, "MB", EXPORT_MEMORY, 1, async () => {
      result = await exported(server, `/api/v1/export/entries.${kind}`, headers);
      return result.growth;
    });
    // The heading is a line, too. A workbook has the same rows.
    if (kind === "csv" && result) rows = result.lines - 1;
    figures.add(what, result && rows ? rows / result.seconds : null, "rows/s", kind === "csv" ? EXPORT_ROWS : null, { rows });
  }
}
