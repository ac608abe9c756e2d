// A phone: Chromium at 360 × 640 whose processor is six times as slow as this one, and how long a person waits at it.

export const SLOWDOWN = 6;
// How long a benchmark waits for a screen, and for a sign-in.
export const TIMEOUT = 30_000;
export const SIGN_IN_TIMEOUT = 180_000;

// Slows a page's processor down. Returns the session of its developer tools.
export async function slowDown(page, rate = SLOWDOWN) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate });
  return devtools;
}

// Installs `contentShown` in every page of a context: a promise of the moment, on the page's clock, from which its content
// is shown. Content is shown when the app runs and the main part is neither empty nor marked as busy. It must still be shown
// after three frames and an idle moment.
export async function watchContent(context) {
  await context.addInitScript(() => {
    const isShown = () => {
      const main = document.querySelector("main");
      const runs = document.documentElement.classList.contains("scripted");
      return runs && main?.childElementCount > 0 && main.getAttribute("aria-busy") !== "true" && !main.querySelector("[data-before]");
    };
    globalThis.watchContent = () => {
      globalThis.contentShown = new Promise((done) => {
        let since = null;
        let frames = 0;
        const look = () => {
          if (!isShown()) since = null;
          else if (since === null) [since, frames] = [performance.now(), 0];
          else frames += 1;
          if (since !== null && frames >= 3) requestIdleCallback(() => (isShown() ? done(since) : requestAnimationFrame(look)));
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      });
    };
    globalThis.watchContent();
  });
}

async function within(timeout, what, promise) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error(`${what}: not within ${timeout} ms`)), timeout)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Loads a screen as an address that is typed in. Returns the milliseconds until its content is there.
export async function openByAddress(page, address, timeout = TIMEOUT) {
  await page.goto(address, { waitUntil: "commit" });
  return within(timeout, address, page.evaluate(() => globalThis.contentShown));
}

// Follows a link to a screen inside the running app. Returns the milliseconds until its content is there.
export async function openByLink(page, address) {
  const shown = page.evaluate(async (address) => {
    // The new screen replaces these elements.
    for (const element of document.querySelector("main").children) element.dataset.before = "";
    const link = document.createElement("a");
    link.href = address;
    document.body.append(link);
    const begin = performance.now();
    link.click();
    globalThis.watchContent();
    link.remove();
    return (await globalThis.contentShown) - begin;
  }, address);
  return within(TIMEOUT, address, shown);
}

const isSynced = () => document.querySelector("#sync")?.textContent.includes("已同步");

// Signs in. Returns the milliseconds from the press of the button until the app is synced and shows its content.
export async function signInTo(page, server, name) {
  await page.goto("/sign-in");
  await page.evaluate(() => globalThis.contentShown);
  await page.getByLabel("用户名").fill(name);
  await page.getByLabel("密码").fill(server.passwords[name]);
  const begin = performance.now();
  await page.getByRole("button", { name: "登录" }).click();
  await page.waitForFunction(isSynced, null, { polling: "raf", timeout: SIGN_IN_TIMEOUT });
  await within(TIMEOUT, "first screen", page.evaluate(() => globalThis.contentShown));
  return performance.now() - begin;
}

// Waits until the page has nothing left to do: two idle moments with a frame in between.
export async function idle(page) {
  const settled = page.evaluate(async () => {
    for (let round = 0; round < 2; round++) await new Promise((done) => requestAnimationFrame(() => requestIdleCallback(done)));
  });
  await within(TIMEOUT, "idle", settled);
}

// Scrolls down as fast as a person who looks for something. Fails where nothing moves.
export async function scroll(page, devtools, distance) {
  const before = await page.evaluate(() => scrollY);
  await devtools.send("Input.synthesizeScrollGesture", { x: 180, y: 400, yDistance: -distance, speed: 2_400, gestureSourceType: "mouse" });
  if ((await page.evaluate(() => scrollY)) === before) throw new Error("nothing was scrolled");
}

// Presses the button at the end of a list that goes on from the server. Returns the milliseconds until the next records are there.
export async function readOn(page) {
  const read = page.evaluate(() => {
    const button = () => [...document.querySelectorAll("main .actions button")].find(({ textContent }) => textContent.includes("加载更早的"));
    const isRead = () => button() !== undefined || document.querySelector("main")?.textContent.includes("已全部加载");
    const begin = performance.now();
    button().click();
    return new Promise((done) => {
      let began = false;
      const look = () => {
        began ||= !isRead();
        if (began && isRead()) done(performance.now() - begin);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  });
  return within(TIMEOUT, "reading on", read);
}

// Returns the number of records in the replica.
export function recordsOnPhone(page) {
  return page.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name);
    const opening = indexedDB.open(names.find((name) => /^jiedui-[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name)));
    const database = await new Promise((done) => (opening.onsuccess = () => done(opening.result)));
    const counting = database.transaction("replica").objectStore("replica").count();
    return new Promise((done) => (counting.onsuccess = () => [database.close(), done(counting.result)]));
  });
}
