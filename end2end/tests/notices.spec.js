// Push notifications: the browser asks the server for the text and shows it.
import { expect, expectReadable, fillIn, readyOffline, save, signIn, test } from "./jiedui.js";

test("push notification names the returned entries", async ({ page, server, line, context }) => {
  await context.grantPermissions(["notifications"], { origin: line.address });
  const devtools = await context.newCDPSession(page);
  const registered = new Promise((done) =>
    devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const registration = registrations.find((registration) => registration.scopeURL.startsWith(line.address) && !registration.isDeleted);
      if (registration) done(registration.registrationId);
    })
  );
  await devtools.send("ServiceWorker.enable");
  await signIn(page, server, "recorder");
  await readyOffline(page);
  await page.goto("/work");
  await expect(page.getByRole("button", { name: "被退回时通知我" })).toBeVisible();
  await expectReadable(page);
  await fillIn(page, { activity: "field_survey", place: "沫阳", values: { times: "1" } });
  await save(page);
  await expect(page.locator("#sync")).toContainText("已同步");
  const api = await server.api("reviewer");
  const { entries } = await api.get("/entries?limit=1");
  const fields = { state: "returned", review_note: "请核对" };
  const returned = { seq: 1, kind: "entry", id: entries[0].id, base_rev: 1, op: "put", fields };
  const { results } = await api.post("/sync/push", { client_id: "01890000-0000-7000-8000-0000000000ac", mutations: [returned] });
  expect(results[0].outcome).toBe("applied");
  const message = { origin: line.address, registrationId: await registered, data: "" };
  await devtools.send("ServiceWorker.deliverPushMessage", message);
  const shown = () => page.evaluate(async () => {
    const worker = await navigator.serviceWorker.ready;
    return (await worker.getNotifications()).map((notification) => notification.body);
  });
  await expect.poll(shown).toEqual(["有 1 条填报被退回"]);
});
