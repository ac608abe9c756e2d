// Failures of the browser's storage: it is opened again or reported, and nothing is lost.
import { choosePlace, expect, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const SURVEY = { activity: "field_survey", place: "沫阳镇", date: "2026-11-20", values: { times: "3" }, note: "要留下" };
const formError = (page) => page.locator(".form .error[role=alert]");

// Collects the page's connections, so that the test can close them.
const collect = (page) => page.addInitScript(() => {
  window.connections = [];
  window.openings = 0;
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...parts) {
    window.openings += 1;
    const request = open.apply(this, parts);
    request.addEventListener("success", () => window.connections.push(request.result));
    return request;
  };
});

// Closes the connections as the browser does, with or without an event.
const closeAll = (page, tells) => page.evaluate((tells) => {
  for (const connection of window.connections.splice(0)) {
    connection.close();
    if (tells) connection.dispatchEvent(new Event("close"));
  }
}, tells);

for (const tells of [true, false]) {
  test(`closed storage connections are opened again${tells ? "" : ", also without an event"}`, async ({ page, server }) => {
    await collect(page);
    await signIn(page, server, "recorder");
    await readyOffline(page);
    await fillIn(page, SURVEY);
    await closeAll(page, tells);
    await save(page);
    await expect(page.getByText("已接收，待审核")).toHaveCount(1);
    await closeAll(page, tells);
    // The sync continues automatically.
    const recorder = await server.api("reviewer");
    const { entries } = await recorder.get("/entries?year=2026");
    const mutation = { seq: 1, kind: "entry", id: entries[0].id, base_rev: entries[0].rev, op: "put", fields: { state: "verified" } };
    const { results } = await recorder.post("/sync/push", { client_id: "01890000-0000-7000-8000-0000000000b1", mutations: [mutation] });
    expect(results[0].outcome).toBe("applied");
    await expect(page.getByText("已审核")).toHaveCount(1);
    await expect(page.locator("#sync")).toContainText("已同步");
    await expect(page.locator(".notice.bad")).toHaveCount(0);
  });
}

test("storage that keeps closing is reported and typed text stays", async ({ page, server }) => {
  await collect(page);
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, SURVEY);
  await page.evaluate(() => {
    window.openings = 0;
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function () {
      throw new DOMException("The database connection is closing.", "InvalidStateError");
    };
    window.mend = () => (IDBDatabase.prototype.transaction = transaction);
  });
  await page.locator("#save").click();
  await expect(formError(page)).toContainText("浏览器中断了手机存储");
  expect(await page.evaluate(() => window.openings)).toBeLessThan(30);
  await expect(page.getByLabel("备注")).toHaveValue("要留下");
  await page.evaluate(() => window.mend());
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
});

test("aborted transaction is not reported as saved", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, SURVEY);
  await page.evaluate(() => {
    const { commit } = IDBTransaction.prototype;
    IDBTransaction.prototype.commit = function () {
      this.abort();
    };
    window.mend = () => (IDBTransaction.prototype.commit = commit);
  });
  await page.locator("#save").click();
  await expect(formError(page)).toContainText("没有保存");
  await page.reload();
  await expect(page.getByLabel("备注")).toHaveValue("要留下");
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
});

test("transaction aborted once is repeated and creates one entry", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, SURVEY);
  await page.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...parts) {
      const request = put.apply(this, parts);
      if (this.name === "outbox" && !window.broken) {
        window.broken = true;
        this.transaction.abort();
      }
      return request;
    };
  });
  await save(page);
  expect(await page.evaluate(() => window.broken)).toBe(true);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  const { entries } = await (await server.api("admin")).get("/entries?year=2026");
  expect(entries.map((record) => record.fields.note)).toEqual(["要留下"]);
});

test("full storage at commit is reported and loses nothing", async ({ page, server }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, SURVEY);
  await page.evaluate(() => {
    const { commit } = IDBTransaction.prototype;
    const error = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, "error");
    IDBTransaction.prototype.commit = function () {
      Object.defineProperty(this, "error", { get: () => new DOMException("no room", "QuotaExceededError") });
      this.abort();
    };
    window.mend = () => {
      IDBTransaction.prototype.commit = commit;
      Object.defineProperty(IDBTransaction.prototype, "error", error);
    };
  });
  await page.locator("#save").click();
  await expect(formError(page)).toContainText("存储空间已满");
  await page.evaluate(() => window.mend());
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
});

test("tab releases the database to a newer version and keeps typed text", async ({ page, server, context }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, SURVEY);
  const newer = await context.newPage();
  await newer.goto("/icon.svg");
  const upgraded = await newer.evaluate(async () => {
    const { id } = JSON.parse(localStorage.getItem("jiedui.user"));
    return new Promise((done) => {
      const request = indexedDB.open(`jiedui-${id}`, 99);
      let wasBlocked = false;
      request.onblocked = () => (wasBlocked = true);
      request.onsuccess = () => done({ version: request.result.version, wasBlocked });
      request.onerror = () => done(String(request.error));
    });
  });
  expect(upgraded).toEqual({ version: 99, wasBlocked: false });
  await expect(page.getByText("这个页面是旧版本")).toBeVisible();
  await expect(page.getByRole("button", { name: "重新载入" })).toBeVisible();
  await page.locator("#save").click();
  await expect(formError(page)).toContainText("这个页面是旧版本");
  await expect(page.getByLabel("备注")).toHaveValue("要留下");
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("jiedui.draft.")).map((key) => JSON.parse(localStorage.getItem(key)).note))).toEqual(["要留下"]);
});

test("older tab that blocks the database is reported until it is closed", async ({ page, server, context }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, SURVEY);
  // The database is deleted while another tab holds it open.
  const deaf = await context.newPage();
  await deaf.goto("/icon.svg");
  await deaf.evaluate(() => {
    const { id } = JSON.parse(localStorage.getItem("jiedui.user"));
    return new Promise((done) => {
      const request = indexedDB.open(`jiedui-${id}`);
      request.onsuccess = () => {
        window.held = request.result;
        indexedDB.deleteDatabase(`jiedui-${id}`).onblocked = () => done();
      };
    });
  });
  await page.clock.install();
  await page.locator("#save").click();
  await page.clock.runFor(30_000);
  await expect(formError(page)).toContainText("另一个标签页正占用手机存储");
  await expect(page.getByLabel("备注")).toHaveValue("要留下");
  await deaf.close();
  await expect(async () => {
    await page.clock.runFor(5_000);
    await page.locator("#save").click({ timeout: 1_000 });
    await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible({ timeout: 2_000 });
  }).toPass();
});

// Removes the places from the phone, as before they were loaded.
const forgetPlaces = (page) => page.evaluate(() => new Promise((done) => {
  const opening = indexedDB.open("jiedui");
  opening.onsuccess = () => {
    const transaction = opening.result.transaction("kept", "readwrite");
    transaction.objectStore("kept").delete("places");
    transaction.oncomplete = () => done(opening.result.close());
  };
}));

test("no form is validated before the places have loaded", async ({ page, server }) => {
  await signIn(page, server, "coordinator");
  await readyOffline(page);
  const arriving = {};
  await page.route("**/api/v1/places", async (route) => {
    await new Promise((arrive) => (arriving.let = arrive));
    await route.continue();
  });
  // The places arrive after the test has seen that nothing is validated.
  const savesOnceThereAre = async () => {
    await page.locator("#save").click();
    await expect(page.locator("#save")).toBeDisabled();
    await expect(page.getByText("请检查")).toHaveCount(0);
    await expect(page.locator("#error-place")).toHaveText("");
    await expect.poll(() => Boolean(arriving.let)).toBe(true);
    arriving.let();
    delete arriving.let;
  };
  const begin = async (address) => {
    // After they were stored.
    await page.goto("/entries");
    await expect(page.getByText("可离线使用")).toBeVisible();
    await forgetPlaces(page);
    await page.goto(address);
    await expect(page.locator("html.scripted")).toBeAttached();
  };
  const place = async () => {
    await choosePlace(page, "沫阳镇");
  };
  // An entry, whose draft names a place.
  await page.goto("/entries/new/field_survey");
  await page.locator("#field-values-times").fill("3");
  await place();
  await begin("/entries/new/field_survey");
  await expect(page.locator("#field-values-times")).toHaveValue("3");
  await savesOnceThereAre();
  await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
  // An item of a ledger.
  await page.goto("/needs/new");
  await page.getByLabel("需要什么").fill("路灯");
  await place();
  await page.locator("#field-programme").selectOption("industry");
  await begin("/needs/new");
  await expect(page.getByLabel("需要什么")).toHaveValue("路灯");
  await savesOnceThereAre();
  await expect(page.locator("[data-need]")).toHaveCount(1);
  // An organisation that is changed.
  await page.goto("/organisations?q=myz");
  await page.locator(".list .latest li").getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
  const address = page.url();
  await begin(`${address}/edit`);
  await page.locator("#field-name_en").fill("Moyang");
  await savesOnceThereAre();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("沫阳镇");
});

test("missing places are reported and typed text stays", async ({ page, server, line }) => {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, SURVEY);
  await forgetPlaces(page);
  await goOffline(page, line);
  await page.reload();
  await page.locator("#save").click();
  await expect(formError(page)).toContainText("地名和表格还没有下载到这台手机");
  await expect(page.getByLabel("备注")).toHaveValue("要留下");
  await goOnline(page, line);
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
});
