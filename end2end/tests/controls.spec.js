// Every control of every screen, for every role, can be pressed at its centre. A mouse on a desktop and a finger on a phone
// reach it; nothing covers it.
import { contentReady, expect, signIn, test } from "./jiedui.js";

const ROLES = ["anonymous", "viewer", "recorder", "reviewer", "coordinator", "admin"];
const SIZES = [
  { name: "by mouse", width: 1440, height: 900, hasTouch: false },
  { name: "by touch", width: 360, height: 640, hasTouch: true },
];

const OPEN_TO_ALL = ["/", "/?programme=labour", "/?year=2023&place=522728", "/?screen=wall", "/indicators/exchanges?year=2023", "/report?year=2023", "/sign-in", "/help", "/me", "/organisations", "/nothing-here"];
const SIGNED_IN = ["/work", "/entries", "/list", "/needs", "/needs?year=2023"];
const RECORDING = ["/entries/new", "/entries/new/field_survey", "/entries/new/skills_training", "/needs/new", "/import"];
const REVIEWING = ["/review"];
const ADMINISTERING = ["/catalogue", "/catalogue/activities/new-item", "/catalogue/activities/pairing_project", "/catalogue/indicators/field_surveys", "/catalogue/indicators/new-item", "/catalogue/programmes/labour", "/catalogue/programmes/new-item", "/organisations/new", "/pairings/new"];

// The screens of a role, with those of single records.
function screensOf(role, records) {
  const screens = [...OPEN_TO_ALL, `/organisations/${records.organisation}`];
  if (role !== "anonymous") screens.push(...SIGNED_IN, `/list/${records.entry}`);
  if (["recorder", "reviewer", "coordinator", "admin"].includes(role)) screens.push(...RECORDING);
  if (["reviewer", "coordinator", "admin"].includes(role)) screens.push(...REVIEWING);
  if (["coordinator", "admin"].includes(role)) screens.push(...ADMINISTERING, `/organisations/${records.organisation}/edit`, `/pairings/${records.pairing}`);
  if (role === "admin") screens.push("/audit");
  return screens;
}

// While `window.listening` is set, presses are recorded but have no effect, so that all controls can be pressed one by one.
function listenOnly() {
  window.listening = true;
  const stop = (event) => window.listening && event.stopImmediatePropagation();
  const refuse = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  // A finger moves a slider before anything is called a press.
  const onSlider = (event) => window.listening && event.target.matches("input[type=range]") && event.preventDefault();
  window.addEventListener("touchstart", onSlider, { capture: true, passive: false });
  for (const type of ["pointerup", "mouseup", "touchstart", "touchend"]) window.addEventListener(type, stop, { capture: true, passive: true });
  for (const type of ["mousedown", "click"]) window.addEventListener(type, (event) => window.listening && refuse(event), { capture: true });
  window.addEventListener("pointerdown", (event) => {
    if (!window.listening) return;
    stop(event);
    const controls = window.controls ?? [];
    const isHit = (control) => control.contains(event.target) || event.target.closest("label")?.control === control;
    window.hits = controls.filter(isHit).map((control) => controls.indexOf(control));
  }, { capture: true });
}

// Collects the visible, enabled controls. Those of the map are found by distance and tested in view.spec.js.
function gather() {
  const pressedBefore = new Set(window.pressed ?? []);
  const selector = "a[href], button, input, select, textarea, summary, [role=button], [role=menuitem], [role=tab], [role=switch]";
  const isShown = (control) => control.checkVisibility({ visibilityProperty: true }) && control.getClientRects().length > 0;
  const controls = [...document.querySelectorAll(selector)].filter(
    (control) => !control.disabled && control.getAttribute("aria-disabled") !== "true" && !control.closest("svg, [inert], .skip") && isShown(control) && !pressedBefore.has(control)
  );
  window.pressed = [...pressedBefore, ...controls];
  window.controls = controls;
  return controls.length;
}

// Scrolls a control into view and returns its centre once it has stopped moving.
async function centreOf(index) {
  const control = window.controls[index];
  const box = control.matches("input[type=radio], input[type=checkbox], input[type=file]") && control.labels.length ? control.labels[0] : control;
  if (!box.isConnected) return null;
  box.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const centre = () => {
    const { left, top, width, height } = box.getClientRects()[0] ?? new DOMRect();
    return { x: left + width / 2, y: top + height / 2 };
  };
  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  let [before, now] = [null, centre()];
  while (before?.x !== now.x || before?.y !== now.y) {
    await nextFrame();
    [before, now] = [now, centre()];
  }
  window.hits = null;
  return now;
}

const named = (index) => {
  const { outerHTML } = window.controls[index];
  return outerHTML.length > 160 ? `${outerHTML.slice(0, 160)}…` : outerHTML;
};

// Presses every control that was not pressed yet. Returns those that a press at their centre did not reach.
async function pressAll(page, hasTouch) {
  const missed = [];
  const count = await page.evaluate(gather);
  for (let index = 0; index < count; index++) {
    const centre = await page.evaluate(centreOf, index);
    if (!centre) continue;
    if (hasTouch) await page.touchscreen.tap(centre.x, centre.y);
    else await page.mouse.click(centre.x, centre.y);
    // A press that reaches no listener is a miss, too.
    const hits = await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => done(window.hits))));
    if (!hits?.includes(index)) missed.push(await page.evaluate(named, index));
  }
  return { missed, count };
}

// Opens each menu of the screen in turn and presses its items.
async function pressInMenus(page, hasTouch) {
  const missed = [];
  let count = 0;
  for (const menu of await page.$$("button[aria-haspopup], button[aria-expanded=false]")) {
    if (!(await menu.isVisible()) || (await menu.getAttribute("aria-expanded")) === "true") continue;
    await page.evaluate(() => (window.listening = false));
    await (hasTouch ? menu.tap() : menu.click());
    await page.evaluate(() => (window.listening = true));
    const result = await pressAll(page, hasTouch);
    missed.push(...result.missed);
    count += result.count;
    await page.evaluate(() => (window.listening = false));
    await page.keyboard.press("Escape");
  }
  return { missed, count };
}

for (const { name, width, height, hasTouch } of SIZES) {
  test.describe(`${name} at ${width} × ${height}`, () => {
    test.use({ viewport: { width, height }, hasTouch, isMobile: false });

    for (const role of ROLES) {
      test(`every control is reached by its centre: ${role}`, async ({ page, server }) => {
        test.setTimeout(600_000);
        await server.command("generate", "--entries", "60");
        const api = await server.api("admin");
        const { entries } = await api.get("/entries?limit=1");
        const { features } = await api.get("/map");
        const of = (kind) => features.find((feature) => feature.properties.kind === kind).properties.id;
        const records = { entry: entries[0].id, organisation: of("organisation"), pairing: of("pairing") };
        if (role !== "anonymous") await signIn(page, server, role);

        const missed = [];
        let pressed = 0;
        for (const screen of screensOf(role, records)) {
          await page.goto(screen);
          await contentReady(page);
          // Collapsed content is opened as a user would, and pressed too.
          await page.evaluate(() => document.querySelectorAll("details:not([open])").forEach((details) => (details.open = true)));
          await page.evaluate(listenOnly);
          const shown = await pressAll(page, hasTouch);
          expect(shown.count, `${screen} has controls`).toBeGreaterThan(0);
          const inMenus = await pressInMenus(page, hasTouch);
          pressed += shown.count + inMenus.count;
          missed.push(...[...shown.missed, ...inMenus.missed].map((control) => `${screen}: ${control}`));
        }
        expect(missed).toEqual([]);
        expect(pressed).toBeGreaterThan(100);
      });
    }
  });
}
