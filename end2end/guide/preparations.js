// Preparations between the steps of the guide: changes by other people, going offline, and what the screenshots show.
import { choosePlace, expect, goOffline } from "../tests/jiedui.js";

export const PLACE = "522728109";
export const day = (ago) => new Date(Date.now() + (8 - 24 * ago) * 3600_000).toISOString().slice(0, 10);
export const today = day(0);
export const lastMonth = day(Number(today.slice(8))).slice(0, 7);

export async function put(api, kind, items) {
  const mutations = items.map(({ id, rev, ...fields }, at) => ({ seq: at + 1, kind, id: id ?? crypto.randomUUID(), base_rev: rev ?? 0, op: "put", fields }));
  const { results } = await api.post("/sync/push", { client_id: crypto.randomUUID(), mutations });
  expect(results.map((result) => result.outcome)).toEqual(items.map(() => "applied"));
  return mutations.map((mutation) => mutation.id);
}

export const survey = (fields) => ({ activity: "field_survey", date: today, place: PLACE, values: { times: 3 }, ...fields });

export async function change(api, id, fields) {
  await put(api, "entry", [{ id, rev: (await api.get(`/entries/${id}`)).rev, ...fields }]);
}

// Returns the identifier of the recorder's entry.
export async function ownEntry(server) {
  const { entries } = await (await server.api("coordinator")).get(`/entries?limit=1&year=${today.slice(0, 4)}`);
  return entries[0].id;
}

export const synced = ({ page }) => expect(page.locator("#sync.done")).toBeVisible();

export async function saveOffline({ page, line, server }, date, ahead = () => {}) {
  await synced({ page });
  await goOffline(page, line);
  await page.goto("/entries/new/field_survey");
  await page.locator("#field-date").fill(date);
  await choosePlace(page, "沫阳");
  await page.locator("#field-values-times").fill("4");
  await page.locator("#save").click();
  await expect(page.locator(".entry").first()).toBeVisible();
  await ahead(server);
}

// Waits until the page has not changed for a second, since a redrawn entry closes its open menu.
export const settled = (selector) => async ({ page }) => {
  await expect(page.locator(selector).first()).toBeAttached();
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        let quiet;
        const observer = new MutationObserver(() => wait());
        const wait = () => {
          clearTimeout(quiet);
          quiet = setTimeout(() => resolve(observer.disconnect()), 1_000);
        };
        observer.observe(document.querySelector("main"), { childList: true, subtree: true });
        wait();
      }),
  );
};

export const toTop = ({ page }) => page.evaluate(() => window.scrollTo(0, 0));
export const to = (address) => ({ page }) => page.goto(address);
