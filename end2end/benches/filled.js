// A server over a database that is filled once and kept: generated entries, and the work of a township as its recorders have
// sent it. The folder is target/bench/<entries>, or below JIEDUI_BENCH_DATA.
//
// The generated entries are in Luodian. In addition, a township of Guiyang has 5,000 entries of the last two years. Of
// these, 300 wait for review, and 300 are a village recorder's own. There are accounts of that recorder, a reviewer of the
// township, a coordinator of all places, an administrator, and an author of the other entries.
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Server } from "../tests/jiedui.js";

const DATA = process.env.JIEDUI_BENCH_DATA ?? path.resolve(import.meta.dirname, "../../target/bench");
const TOWNSHIP = "520181002";
const IN_TOWNSHIP = 5_000;
const OF_RECORDER = 300;
// Intervals at which an entry of the township waits for review (300 in all), and one of the recorder is returned.
const WAITING_EVERY = Math.floor(IN_TOWNSHIP / 300);
const RETURNED_EVERY = 45;
const PASSWORD = "bench-6-words-long";
const BATCH = 500;
const DAY = 86_400_000;
// The activity of every entry here, and the indicator that it feeds.
const ACTIVITY = "field_survey";
export const INDICATOR = "field_surveys";
// Organisation and pairing of server/seed/directory.json.
export const ORGANISATION = "018cc251-f400-7000-8000-000000000002";
export const PAIRING = "018cc251-f400-7000-8000-000000000065";

const entryId = (number) => `01900000-0000-7000-8000-${String(number).padStart(12, "0")}`;
const itemId = (number) => `01900000-0000-7000-9000-${String(number).padStart(12, "0")}`;
const isWaiting = (number) => number % WAITING_EVERY === 0 && number / WAITING_EVERY < 300;
const isReturned = (number) => number < OF_RECORDER && number % RETURNED_EVERY === 1;
const numbers = [...Array(IN_TOWNSHIP).keys()];

// One of the recorder's entries, an item of the ledger, and the author's entries that wait for review.
export const OWN_ENTRY = entryId(0);
export const LEDGER_ITEM = itemId(0);
export const WAITING = numbers.filter((number) => number >= OF_RECORDER && isWaiting(number)).map(entryId);

const ACCOUNTS = {
  author: ["recorder", TOWNSHIP],
  recorder: ["recorder", null],
  reviewer: ["reviewer", TOWNSHIP],
  coordinator: ["coordinator"],
  admin: ["admin"],
};

// Today's date in China.
export const today = (daysAgo = 0) => new Date(Date.now() + 8 * 3_600_000 - daysAgo * DAY).toISOString().slice(0, 10);

export class FilledServer extends Server {
  static async open(entries) {
    const folder = path.join(DATA, String(entries));
    const mark = path.join(folder, "filled.json");
    const server = new FilledServer(folder);
    server.entries = entries;
    for (const name of Object.keys(ACCOUNTS)) server.passwords[`bench-${name}`] = PASSWORD;
    if (existsSync(mark)) {
      server.village = JSON.parse(await readFile(mark, "utf8")).village;
      await server.serve();
      return server;
    }
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await server.fill();
    // Written last: a folder without it is filled again.
    await writeFile(mark, JSON.stringify({ entries, village: server.village }));
    return server;
  }

  // Starts the server, and waits until it is ready. Returns the milliseconds until then.
  async serve() {
    const begin = performance.now();
    await this.run(["serve"], { JIEDUI_PUBLIC_VIEW: "true" });
    await this.ready();
    return performance.now() - begin;
  }

  async ready() {
    while (!(await fetch(`http://127.0.0.1:${this.port}/readyz`)).ok);
  }

  // The folder stays.
  async stop() {
    await this.end();
  }

  async fill() {
    await this.command("generate", "--entries", String(this.entries));
    await this.addAccount("author");
    await this.serve();
    const places = await (await this.api("bench-author")).get(`/places?parent=${TOWNSHIP}`);
    const villages = places.map(({ code }) => code).sort();
    this.village = villages[0];
    ACCOUNTS.recorder[1] = this.village;
    await this.end();
    for (const name of ["recorder", "reviewer", "coordinator", "admin"]) await this.addAccount(name);
    await this.serve();
    const entry = (number) => ({
      ...{ kind: "entry", id: entryId(number), base_rev: 0, op: "put" },
      fields: {
        activity: ACTIVITY,
        date: today((number * 7_919) % 730),
        place: number < OF_RECORDER ? this.village : villages[number % villages.length],
        values: { times: 1 + (number % 3), people: 2 + (number % 17) },
        note: `第${number}次：走访了${1 + (number % 60)}户，看了蔬菜大棚，还差两户没有谈妥，下周再来看。`,
        state: "submitted",
      },
    });
    const item = (number) => ({
      ...{ kind: "need", id: itemId(number), base_rev: 0, op: "put" },
      fields: { ledger: "need", year: Number(today().slice(0, 4)), place: this.village, programme: "party_building", title: `第${number}项需求：通组路塌方`, status: "open" },
    });
    const [recorder, author] = [await this.api("bench-recorder"), await this.api("bench-author")];
    const sent = new Map();
    for (const [api, mutations] of [
      [recorder, numbers.slice(0, OF_RECORDER).map(entry)],
      [recorder, [...Array(20).keys()].map(item)],
      [author, numbers.slice(OF_RECORDER).map(entry)],
    ]) {
      for (const { id, rev } of await pushAll(api, mutations)) sent.set(id, rev);
    }
    const reviewed = numbers.filter((number) => !isWaiting(number)).map((number) => ({
      ...{ kind: "entry", id: entryId(number), base_rev: sent.get(entryId(number)), op: "put" },
      fields: isReturned(number) ? { state: "returned", review_note: "请核对次数" } : { state: "verified" },
    }));
    await pushAll(await this.api("bench-reviewer"), reviewed);
  }

  async addAccount(name) {
    const [role, place] = ACCOUNTS[name];
    const scope = place ? ["--place", place] : ["--everywhere"];
    await this.commandWithInput(PASSWORD, "user", "add", "--username", `bench-${name}`, "--role", role, ...scope);
  }

  // Resident memory in MB.
  async memory() {
    const status = await readFile(`/proc/${this.process.pid}/status`, "utf8");
    return Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024;
  }
}

// Pushes mutations under a client of their own. Returns the records' identifiers and revisions.
async function pushAll(api, mutations) {
  const client_id = crypto.randomUUID();
  const numbered = mutations.map((mutation, number) => ({ seq: number + 1, ...mutation }));
  const revisions = [];
  for (let first = 0; first < numbered.length; first += BATCH) {
    const batch = numbered.slice(first, first + BATCH);
    const { results } = await api.post("/sync/push", { client_id, mutations: batch });
    for (const [number, result] of results.entries()) {
      if (result.outcome !== "applied") throw new Error(`not applied: ${JSON.stringify(result)}`);
      revisions.push({ id: batch[number].id, rev: result.rev });
    }
  }
  return revisions;
}

// Edits the entries that wait for review again and again, which leaves their number as it is.
export class Editor {
  static async of(server, ids) {
    const editor = new Editor();
    editor.api = await server.api("bench-author");
    editor.client = crypto.randomUUID();
    editor.seq = 0;
    const read = await Promise.all(ids.map((id) => editor.api.get(`/entries/${id}`)));
    editor.entries = read.map(({ id, rev, fields }) => ({ id, rev, times: fields.values.times }));
    return editor;
  }

  // Pushes an edit of each of the next `count` entries, which raises or lowers a figure.
  async edit(count) {
    const mutations = [];
    for (let number = 0; number < count; number++) {
      this.seq += 1;
      const entry = this.entries[this.seq % this.entries.length];
      entry.times = (entry.times % 900) + 1;
      mutations.push({ seq: this.seq, kind: "entry", id: entry.id, base_rev: entry.rev, op: "put", fields: { values: { times: entry.times } } });
    }
    const { results } = await this.api.post("/sync/push", { client_id: this.client, mutations });
    for (const [number, result] of results.entries()) {
      if (!["applied", "merged"].includes(result.outcome)) throw new Error(`not applied: ${JSON.stringify(result)}`);
      this.entries.find(({ id }) => id === mutations[number].id).rev = result.rev;
    }
  }
}
