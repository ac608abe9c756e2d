// Conflicts: for any field, both values stay until a person chooses, also offline.
import { complaints, expect, expectReadable, fillIn, goOffline, goOnline, readyOffline, save, signIn, test } from "./jiedui.js";

const SURVEY = { activity: "field_survey", place: "沫阳", note: "入户走访" };
const CLIENT = "01890000-0000-7000-8000-000000000002";

const entryOf = async (api) => (await api.get("/entries?year=2026")).entries[0];

// Changes an acknowledged entry offline while a reviewer changes it too.
async function changeOnBothSides(page, server, line, reviewers) {
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await fillIn(page, { ...SURVEY, values: { times: "2" } });
  await save(page);
  await expect(page.getByText("已接收，待审核")).toHaveCount(1);
  await goOffline(page, line);
  await page.locator(".entry").getByRole("link").first().click();
  await page.locator("#field-values-times").fill("7");
  await page.getByLabel("备注").fill("村里改的");
  await save(page);
  await expect(page.getByText("仅在本机，待上传")).toHaveCount(1);
  const reviewer = await server.api("reviewer");
  const entry = await entryOf(reviewer);
  const mutation = { seq: 1, kind: "entry", id: entry.id, base_rev: entry.rev, ...reviewers };
  const { results } = await reviewer.post("/sync/push", { client_id: CLIENT, mutations: [mutation] });
  expect(results[0].outcome).toBe("applied");
  await goOnline(page, line);
  await page.getByRole("link", { name: "选择保留哪个" }).click();
  await expect(page.getByRole("heading", { name: "两处不同，请选择" })).toBeVisible();
  return { reviewer, id: entry.id };
}

test("conflict keeps both values until one is chosen, and the rest merges", async ({ page, server, line }) => {
  const errors = complaints(page);
  const both = { op: "put", fields: { values: { times: 5, people: 9 } } };
  const { reviewer, id } = await changeOnBothSides(page, server, line, both);
  const sides = page.locator("fieldset.conflict-sides");
  await expect(sides).toHaveCount(1);
  await expect(sides).toContainText("调研次数");
  // The screen names the entry, and nothing is chosen yet.
  await expect(page.locator(".conflict-which")).toContainText(/实地调研.*沫阳镇.*\d{4}-\d\d-\d\d/);
  await expect(sides.getByRole("radio", { checked: true })).toHaveCount(0);
  await page.locator("#choose").click();
  await expect(page.getByText("请为标红的每一项选择一个值")).toBeVisible();
  await expect(page.locator(".conflict-sides.wrong")).toHaveCount(1);
  await expect(sides).toContainText(/演示审核员的\s*\d{4}-\d\d-\d\d \d\d:\d\d/);
  for (const [width, height] of [[1920, 1080], [360, 640]]) {
    await page.setViewportSize({ width, height });
    await expectReadable(page);
  }
  await sides.getByLabel("我的").check();
  await page.locator("#choose").click();
  await expect(page.locator(".entry")).toContainText("已接收，待审核");
  await expect(page.locator(".entry")).toContainText("调研次数 7 次");
  const whole = await reviewer.get(`/entries/${id}`);
  expect(whole.fields.values).toEqual({ times: 7, people: 9 });
  expect(whole.fields.note).toBe("村里改的");
  expect(whole.conflicts.map((conflict) => Boolean(conflict.settled_at))).toEqual([true]);
  // Except the browser's errors about the cut line.
  expect(errors.filter((text) => !text.includes("net::"))).toEqual([]);
});

test("conflict opened before the places have loaded shows no codes", async ({ page, server, line }) => {
  const both = { op: "put", fields: { values: { times: 5 }, place: "522728108" } };
  await changeOnBothSides(page, server, line, both);
  await page.evaluate(() => new Promise((done) => {
    indexedDB.open("jiedui").onsuccess = ({ target: { result: database } }) => {
      const transaction = database.transaction("kept", "readwrite");
      transaction.objectStore("kept").delete("places");
      transaction.oncomplete = () => { database.close(); done(); };
    };
  }));
  await page.addInitScript(() => {
    window.codes = [];
    new MutationObserver(() => window.codes.push(...(document.querySelector("main")?.textContent.match(/522728\d*/g) ?? [])))
      .observe(document, { subtree: true, childList: true, characterData: true });
  });
  let asked = 0;
  await page.route("**/api/v1/places", async (route) => {
    asked += 1;
    await new Promise((done) => setTimeout(done, 3_000));
    await route.continue();
  });
  await page.reload();
  await expect(page.locator(".conflict-which")).toContainText("边阳镇");
  await expect(page.locator("fieldset.conflict-sides")).toHaveCount(1);
  expect(asked).toBeGreaterThan(0);
  expect(await page.evaluate(() => window.codes)).toEqual([]);
});

test("conflicts of every kind of field are shown in words and resolved", async ({ page, server, line }) => {
  const [recorder, reviewer, admin] = [await server.api("recorder"), await server.api("reviewer"), await server.api("admin")];
  const { organisations } = await recorder.get("/overview");
  const ofSide = (side) => organisations.filter((organisation) => organisation.side === side);
  const labour = [0, 1].map((at) => ({ id: crypto.randomUUID(), organisation_a: ofSide("a")[at].id, organisation_b: ofSide("b")[at].id }));
  for (const { id, ...ends } of labour) await admin.put(`/pairings/${id}`, { programme: "labour", ...ends });
  expect((await recorder.get("/overview")).pairings.filter((pairing) => pairing.programme === "labour")).toHaveLength(2);
  await signIn(page, server, "recorder");
  await readyOffline(page);
  const push = async (api, fields, [id, base_rev, seq]) => {
    const mutation = { seq, kind: "entry", id, base_rev, op: "put", fields };
    const { results } = await api.post("/sync/push", { client_id: CLIENT, mutations: [mutation] });
    expect(results[0].outcome).toBe("applied");
  };
  const first = { activity: "worker_placement", date: "2026-11-02", place: "522728109", values: { workers: 5 } };
  const theirs = {
    date: "2026-11-03", place: "522728108", values: { workers: 1200, wage: 3000 }, note: "镇里写的",
    details: { employer: "贵阳一厂", where: "guiyang", placements: [{ village: "沫阳村", employer: "一厂", workers: 7 }] },
    pairing: labour[0].id, organisation: organisations[0].id, qualifiers: { workers: "about" }, attachments: ["a".repeat(64)], position: [106.75, 25.43],
    from_tomorrow: { deep: 1 },
  };
  const mine = {
    date: "2026-11-04", place: "522728", values: { workers: 8, wage: 2800.5 }, note: "村里写的",
    details: { employer: "贵阳二厂", where: "county", placements: [{ village: "沫阳村", employer: "一厂", workers: 8 }, { village: "董架", employer: "二厂", workers: 1 }] },
    pairing: labour[1].id, organisation: organisations[1].id, qualifiers: { workers: "at_least" }, attachments: ["b".repeat(64)], position: [106.8, 25.5],
    from_tomorrow: { deep: 2 },
  };
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  await push(recorder, first, [ids[0], 0, 1]);
  await push(recorder, { activity: "service_centre", date: "2026-11-02", place: "522728109", values: { centres: 1 } }, [ids[1], 0, 2]);
  await expect(page.locator(".entry")).toHaveCount(2);
  await goOffline(page, line);
  await push(reviewer, theirs, [ids[0], 1, 1]);
  await push(reviewer, { details: { checklist: ["sign", "hall"] } }, [ids[1], 1, 2]);
  // The outbox of a phone with a newer form.
  await page.evaluate(async ([ids, mine]) => {
    const { id } = JSON.parse(localStorage.getItem("jiedui.user"));
    const done = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = reject; });
    const database = await done(indexedDB.open(`jiedui-${id}`));
    const meta = database.transaction(["meta"], "readwrite").objectStore("meta");
    await done(meta.put("50", "next_seq"));
    const outgoing = (seq, id, fields) => ({ record: id, body: JSON.stringify({ mutation: { seq, kind: "entry", id, base_rev: 1, op: "put", fields }, refused: null }) });
    const store = database.transaction(["outbox"], "readwrite").objectStore("outbox");
    store.put(outgoing(41, ids[0], mine), 41);
    await done(store.put(outgoing(42, ids[1], { details: { checklist: ["room"] } }), 42));
    database.close();
  }, [ids, mine]);
  await goOnline(page, line);
  await page.locator("#sync").click();
  await page.goto(`/entries/${ids[0]}/conflict`);
  const sides = page.locator("fieldset.conflict-sides");
  const rows = {
    "就业人数": ["1,200 人", "8 人"], "日期": ["2026-11-03", "2026-11-04"], "备注": ["镇里写的", "村里写的"], "用工单位": ["贵阳一厂", "贵阳二厂"],
    "就业去向": ["贵阳", "县内"], "相关单位": [organisations[0].name, organisations[1].name], "照片": ["1 张照片", "1 张照片"],
    "位置": ["25.43000, 106.75000", "25.50000, 106.80000"], "准确程度": ["约", "至少"], "from_tomorrow": ['{"deep":1}', '{"deep":2}'],
    "结对": [" — ", " — "], "地点": ["边阳镇", "罗甸县"],
  };
  for (const [heading, [theirs, mine]] of Object.entries(rows)) {
    const row = sides.filter({ has: page.locator("legend").getByText(heading, { exact: true }) });
    await expect(row.locator("label").nth(0), heading).toContainText(theirs);
    await expect(row.locator("label").nth(1), heading).toContainText(mine);
    await expect(row.locator("label").nth(0), heading).toContainText(/演示审核员的\s*\d{4}-\d\d-\d\d \d\d:\d\d/);
  }
  const table = sides.filter({ hasText: "董架" });
  await expect(table.locator("label").nth(1).locator("strong")).toHaveCount(2);
  const count = await sides.count();
  expect(count, "and the wage, and the table").toBe(Object.keys(rows).length + 2);
  for (const [width, height] of [[1440, 900], [360, 640]]) {
    await page.setViewportSize({ width, height });
    await expectReadable(page);
  }
  // One choice is missing: nothing is saved.
  for (let at = 1; at < count; at += 1) await sides.nth(at).getByRole("radio").nth(at % 2).check();
  await page.locator("#choose").click();
  await expect(page.locator(".conflict-sides.wrong")).toHaveCount(1);
  await sides.nth(0).getByRole("radio").nth(1).check();
  await page.locator("#choose").click();
  await expect(page.getByRole("heading", { name: "我的填报" })).toBeVisible();
  await expect(page.locator("#sync")).toContainText("已同步");
  const whole = await recorder.get(`/entries/${ids[0]}`);
  expect(whole.conflicts.map((conflict) => [Object.keys(conflict.kept).length, Boolean(conflict.settled_at)])).toEqual([[count, true]]);
  await page.goto(`/entries/${ids[1]}/conflict`);
  await expect(sides).toHaveCount(1);
  await expect(sides.locator("label").nth(0)).toContainText("、");
  expect((await sides.locator("label strong").allTextContents()).join(), "labels, not codes").not.toMatch(/[a-z]/);
  await sides.getByRole("radio").nth(1).check();
  await page.locator("#choose").click();
  await expect(page.locator("#sync")).toContainText("已同步");
  await expect.poll(async () => (await recorder.get(`/entries/${ids[1]}`)).fields.details).toEqual({ checklist: ["room"] });
});

test("entry deleted during an edit can be restored offline", async ({ page, server, line }) => {
  const { reviewer, id } = await changeOnBothSides(page, server, line, { op: "delete", fields: { reason: "重复", duplicate_of: CLIENT } });
  await expect(page.locator("fieldset.conflict-sides")).toContainText("演示审核员 已删除这条填报");
  await goOffline(page, line);
  await page.getByLabel("恢复，并用我的内容").check();
  await page.locator("#choose").click();
  await expect(page.locator(".entry")).toContainText("仅在本机，待上传");
  await goOnline(page, line);
  await expect(page.locator(".entry")).toContainText("已接收，待审核");
  const whole = await reviewer.get(`/entries/${id}`);
  expect([whole.deleted, whole.fields.values.times, whole.fields.note]).toEqual([false, 7, "村里改的"]);
});
