// A client generated from the OpenAPI document works.
import { test, expect } from "./jiedui.js";
import openapiTS, { astToString } from "openapi-typescript";
import { execFile } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const PROJECT = path.resolve(import.meta.dirname, "..");
const COMPILER = path.join(PROJECT, "node_modules/typescript/bin/tsc");
const OPTIONS = ["--strict", "--skipLibCheck", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--module", "nodenext"];

test("generated client signs in, pushes an entry and pulls it", async ({ server }) => {
  const address = `http://127.0.0.1:${server.port}`;
  // Inside the project, where the client finds its libraries.
  const folder = test.info().outputPath("client");
  await mkdir(folder, { recursive: true });
  const types = await openapiTS(new URL(`${address}/api/v1/openapi.json`));
  await writeFile(path.join(folder, "schema.ts"), astToString(types));
  await copyFile(path.join(PROJECT, "client/entry.ts"), path.join(folder, "entry.ts"));
  await run(process.execPath, [COMPILER, ...OPTIONS, "entry.ts"], { cwd: folder });
  const { stdout } = await run(process.execPath, ["entry.js", address, "recorder", server.passwords.recorder], { cwd: folder });
  const { id, outcome, record } = JSON.parse(stdout);
  expect(outcome).toBe("applied");
  expect(record).toMatchObject({ kind: "entry", id, rev: 1, deleted: false, fields: { values: { times: 3 }, place: "522728109" } });
});
