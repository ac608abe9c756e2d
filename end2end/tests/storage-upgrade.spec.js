// Databases of earlier versions, made by hand, are opened by the app: nothing unsent is lost, and every list is there.
import { contentReady, expect, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const SURVEY = { activity: "field_survey", place: "沫阳镇", date: "2026-11-20" };

// Replaces the person's database by one of version 1: texts without columns, and no index. A page without the app does it.
const downgrade = (page) => page.evaluate(async () => {
  const { id } = JSON.parse(localStorage.getItem("jiedui.user"));
  const name = `jiedui-${id}`;
  const done = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  const current = await done(indexedDB.open(name));
  const stores = {};
  for (const store of ["meta", "outbox", "replica"]) {
    const source = current.transaction(store).objectStore(store);
    const [keys, rows] = await Promise.all([done(source.getAllKeys()), done(source.getAll())]);
    stores[store] = keys.map((key, number) => [key, rows[number]]);
  }
  const { version } = current;
  current.close();
  await done(indexedDB.deleteDatabase(name));
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => ["meta", "outbox", "replica"].forEach((store) => request.result.createObjectStore(store));
  const old = await done(request);
  const transaction = old.transaction(["meta", "outbox", "replica"], "readwrite");
  for (const [store, rows] of Object.entries(stores)) {
    for (const [key, row] of rows) {
      const text = typeof row === "string" ? row : row.body;
      if (text) transaction.objectStore(store).put(text, key);
    }
  }
  const accepted = stores.replica.filter(([, row]) => row.accepted).map(([key]) => key);
  transaction.objectStore("meta").put(JSON.stringify(accepted), "accepted");
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  old.close();
  return { version, unsent: stores.outbox.length, records: stores.replica.length };
});

// Returns the version of the person's database, its indexes, and the rows of the outbox.
const inspect = (page) => page.evaluate(async () => {
  const { id } = JSON.parse(localStorage.getItem("jiedui.user"));
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await done(indexedDB.open(`jiedui-${id}`));
  const indexes = ["outbox", "replica"].flatMap((store) => [...database.transaction(store).objectStore(store).indexNames]);
  const found = { version: database.version, indexes, outbox: await done(database.transaction("outbox").objectStore("outbox").count()) };
  database.close();
  return found;
});

// Opens a page of the same site that runs no app. Only there is the network back.
const leaveTheApp = async (page, line) => {
  await page.goto("about:blank");
  await goOnline(page, line);
  await page.goto("/icon.svg");
};

test("database of version 1 is upgraded with everything unsent, and each change arrives once", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { ...SURVEY, values: { times: "2" }, note: "已收到" });
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  await expect(page.locator("#sync")).toContainText("已同步");
  await goOffline(page, line);
  for (const times of ["3", "4"]) {
    await fillIn(page, { ...SURVEY, values: { times }, note: `未上传 ${times}` });
    await save(page);
  }
  // An edit of the entry that the server has.
  await page.locator(".entry", { hasText: "已接收，待审核" }).locator("a").first().click();
  await page.locator("#field-values-times").fill("9");
  await save(page);
  await expect(page.getByText("仅在本机，待上传")).toHaveCount(3);

  await leaveTheApp(page, line);
  expect(await downgrade(page)).toMatchObject({ version: 3, unsent: 3 });
  await goOffline(page, line);
  await page.goto("/entries");
  await contentReady(page);
  await expect(page.getByText("仅在本机，待上传")).toHaveCount(3);
  await expect(page.locator(".entry")).toHaveCount(3);
  await expect(page.locator("#sync")).toContainText("待上传 3");
  await expect(page.locator(".notice.bad")).toHaveCount(0);
  const upgraded = await inspect(page);
  expect(upgraded).toMatchObject({ version: 3, outbox: 3 });
  expect(upgraded.indexes).toEqual(expect.arrayContaining(["author", "date", "place", "record", "refused", "state"]));

  await goOnline(page, line);
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect(page.getByText("已接收，待审核")).toHaveCount(3);
  const { entries } = await (await server.api("admin")).get("/entries?year=2026");
  expect(entries.map((record) => record.fields.values.times).sort()).toEqual([3, 4, 9]);
  await page.goto("/list?year=2026");
  await expect(page.getByText(/共 ?3 ?条/)).toBeVisible();
});

test("upgrade that the browser breaks off leaves the old database, and the next start completes it", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await goOffline(page, line);
  await fillIn(page, { ...SURVEY, values: { times: "3" }, note: "要留下" });
  await save(page);
  await leaveTheApp(page, line);
  expect(await downgrade(page)).toMatchObject({ unsent: 1 });
  await goOffline(page, line);
  // The first write to the outbox within the upgrade fails, once in this tab.
  await page.addInitScript(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...parts) {
      if (this.transaction.mode === "versionchange" && this.name === "outbox" && !sessionStorage.broken) {
        sessionStorage.broken = "yes";
        this.transaction.abort();
      }
      return put.apply(this, parts);
    };
  });
  await page.goto("/entries");
  await expect.poll(() => page.evaluate(() => sessionStorage.broken)).toBe("yes");
  await page.reload();
  await expect(page.getByText("仅在本机，待上传")).toHaveCount(1);
  expect(await inspect(page)).toMatchObject({ version: 3, outbox: 1 });
  await goOnline(page, line);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
});
