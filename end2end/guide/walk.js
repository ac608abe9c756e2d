// Steps of a walk through the user guide, and the walk itself: finds each name of a page on the screen and acts on it.
// UPDATE_GUIDE=1 also takes the screenshots.
import path from "node:path";
import { expect, test } from "../tests/jiedui.js";
import { GUIDE } from "./pages.js";

// One step for each name or image of a section, with preparations between them. `see` only requires the name on the screen.

export const section = (heading, ...steps) => ({ heading, steps });
export const first = (prepare) => ({ prepare });
export const then = first;
const control = (name, act) => ({ name, act });
export const see = (name) => control(name, () => {});
export const press = (name) => ({ name, pressed: true });
export const fill = (name, text) => control(name, async (visit, element) => (await inputOf(element)).fill(text(visit)));
export const choose = (name, option) => control(name, async (visit, element) => (await inputOf(element)).selectOption(option));
export const tick = (name) => control(name, async (visit, element) => (await inputOf(element)).check());
export const attach = (name, file) => control(name, async (visit, element) => (await inputOf(element)).setInputFiles(file));
export const pick = (name, value) =>
  control(name, async (visit, element) => {
    const select = element.locator("xpath=ancestor::select");
    await select.selectOption(value ?? (await element.getAttribute("value")));
  });
export const place = (name) =>
  control(name, async ({ page }, element) => {
    await (await inputOf(element)).click();
    await page.locator(".sheet-panel input").fill("沫阳");
    await page.locator(".place-offers").getByRole("button").first().click();
  });
export const picture = (where = () => {}) => ({ picture: where });

// Presses a control. A page that is about to be left can still have the name, so a control that goes away is looked for again.
async function click(page, name) {
  await expect(async () => (await find(page, name, true)).click({ timeout: 5_000 })).toPass({ timeout: 60_000 });
}

// Returns the input of a label, or of the row that a label heads.
async function inputOf(element) {
  return element.evaluateHandle((element) => element.closest("label")?.control ?? element.closest(".form-row")?.querySelector("input, select, textarea, .pick") ?? element);
}

// Finds the element with a name of the guide: controls before texts, the content before the header. On the screen, a number, a
// count or a remark may follow the name, but no other word. Only controls can be pressed.
async function find(page, name, pressed) {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const hasText = new RegExp(`^[\\s\\d]*${escaped}(?!\\s*\\p{L})`, "u");
  const controls = (scope) => [
    scope.locator(`xpath=.//*[self::a or self::button][text()[normalize-space()="${name}"]]`).filter({ visible: true }),
    scope.locator("a, button, summary, label, label *").filter({ hasText, visible: true }),
    scope.locator(`[aria-label="${name}"]`).filter({ visible: true }),
  ];
  const texts = (scope) => [
    scope.locator("select:visible option").filter({ hasText }),
    scope.locator("legend, h1, h2, h3, h4, p, li, [role=status], :not(:has(*))").filter({ hasText, visible: true }),
  ];
  const all = (scope) => [...controls(scope), ...(pressed ? [] : texts(scope))];
  let element;
  await expect(async () => {
    for (const locator of [...all(page.locator("main")), ...all(page.locator("body"))]) {
      if ((await locator.count()) > 0) {
        element = locator.first();
        return;
      }
    }
    throw new Error(`“${name}” is not on the screen ${page.url()}`);
  }).toPass({ timeout: 20_000 });
  return element;
}

export async function walk(visit, sections, walked) {
  expect(sections.map((section) => section.parts.length), "names and images of each section").toEqual(
    walked.map((section) => section.steps.filter((step) => !step.prepare).length),
  );
  for (const [at, { heading, steps }] of walked.entries()) {
    const parts = sections[at].parts.values();
    for (const step of steps) {
      if (step.prepare) {
        await step.prepare(visit);
        continue;
      }
      const part = parts.next().value;
      const where = `${heading}: ${step.name ?? "image"}`;
      if (step.picture) {
        expect(part.image, where).toBeDefined();
        await step.picture(visit);
        if (process.env.UPDATE_GUIDE === "1") {
          await visit.page.screenshot({ path: path.join(GUIDE, visit.language, part.image), animations: "disabled" });
        }
        continue;
      }
      expect(part.name, where).toBeDefined();
      if (visit.language === "zh-CN") expect(part.name, where).toBe(step.name);
      await test.step(`${where} (${part.name})`, async () => {
        if (step.pressed) await click(visit.page, part.name);
        else await step.act(visit, await find(visit.page, part.name, false));
      });
    }
  }
}
