// Versions of the app: the page's build, the build that the service worker caches, and the server's. A page never changes its
// build: a newer version is fetched in the background, announced, and started when the user agrees.
const FOLDER = new URL(".", import.meta.url);
const BUILD = FOLDER.pathname.split("/").slice(-2)[0];
// The service worker reads from this lock which builds have an open page.
const PAGE = "jiedui-page-";
const HOUR = 3600000;
// Milliseconds that the user waits for the new worker to take over.
const TAKEOVER_TIMEOUT = 3000;
// Keys of session storage: builds that this tab has left automatically, and text typed at that time.
const LEFT = "jiedui.left";
const TYPED = "jiedui.typed";
const WORDS = document.documentElement.lang === "en"
  ? {
      ready: "A new version is ready. Entries that are being filled in are kept as drafts; other changes that are not saved are lost.",
      gone: "The app has been updated. Please open this page again; entries that are being filled in are kept as drafts.",
      loading: "The new version is loading…",
      now: "Update now",
      later: "Later",
    }
  : {
      ready: "新版本已准备好。正在填写的填报已存为草稿，其他未保存的修改会丢失。",
      gone: "应用已更新，请重新打开本页。正在填写的填报已存为草稿。",
      loading: "正在下载新版本…",
      now: "现在更新",
      later: "以后再说",
    };

let registration = null;
// Whether the user of this page has agreed to the new version.
let agreed = false;

// Registers the service worker and follows its state while the page is open.
export async function begin() {
  document.addEventListener("jiedui-not-loaded", leaveIfGone);
  if (navigator.locks) navigator.locks.request(PAGE + BUILD, { mode: "shared" }, () => new Promise(() => {})).catch(() => {});
  const workers = navigator.serviceWorker;
  if (!workers) return never();
  try {
    registration = await workers.register("/sw.js");
  } catch (error) {
    never();
    throw error;
  }
  if (!registration) return never();
  workers.addEventListener("controllerchange", () => (agreed ? location.reload() : consider(true)));
  registration.addEventListener("updatefound", () => follow(registration.installing));
  follow(registration.installing);
  await consider();
  const look = () => registration.update().catch(() => {});
  let looked = Date.now();
  const lookAgain = () => {
    if (document.hidden || Date.now() - looked < HOUR) return;
    looked = Date.now();
    look();
  };
  document.addEventListener("visibilitychange", lookAgain);
  setInterval(lookAgain, HOUR);
}

function follow(worker) {
  if (worker) worker.addEventListener("statechange", () => ["installed", "activated"].includes(worker.state) && consider());
}

// Sends a message to a worker and returns the answer. A worker of an older app does not answer.
function ask(worker, message) {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => done(event.data);
    worker.postMessage(message, [port2]);
    setTimeout(() => done({}), 10000);
  });
}

// Returns a worker's build and whether its cache is complete.
const state = (worker) => ask(worker, { type: "state" });

// Evaluates the caches of the workers: whether this version starts without a network, and whether another version is waiting
// or was started by another tab.
async function consider(isSwapped) {
  const { active, waiting } = registration;
  const [current, next] = await Promise.all([active, waiting].map((worker) => (worker ? state(worker) : {})));
  const isCached = current.whole && [current, next].some((cache) => cache.whole && cache.build === BUILD);
  report(isCached ? "ready" : "preparing");
  if (waiting && next.build === BUILD) waiting.postMessage({ type: "take over if alone" });
  else if (waiting && next.whole) offer(WORDS.ready, update);
  else if (isSwapped && current.whole && current.build !== BUILD) offer(WORDS.ready, () => location.reload());
  if (active && current.build === BUILD) active.postMessage({ type: "tidy" });
}

const never = () => report("never");

// Reports the state of offline use to the app.
function report(offline) {
  document.documentElement.dataset.offline = offline;
  document.dispatchEvent(new Event("jiedui-offline"));
}

// Starts the newest version: the waiting one, otherwise it is fetched first.
export async function update() {
  if (!registration) return location.reload();
  agreed = true;
  if (!registration.waiting) await registration.update().catch(() => {});
  const next = registration.waiting || registration.installing;
  if (!next) return location.reload();
  if (next.state === "installing") {
    show(WORDS.loading, []);
    await new Promise((done) => next.addEventListener("statechange", done, { once: true }));
  }
  if (next.state === "redundant") {
    // The version cannot be cached, so it is loaded from the network.
    await registration.unregister();
    return location.reload();
  }
  next.postMessage({ type: "take over" });
  setTimeout(() => startUnder(registration.active, next), TAKEOVER_TIMEOUT);
}

// Starts the new version although the present worker still answers, as the browser has put off the takeover.
async function startUnder(worker, next) {
  // The new worker has taken over, and the page is already reloading: a second reload would begin the request again.
  if (next.state !== "installed") return;
  const { build } = await state(next);
  await ask(worker, { type: "start", build });
  location.reload();
}

// Reloads the page, or offers to, if the server no longer has this page's build. Returns whether it does.
export async function leaveIfGone() {
  // Read first: the app may render the page again at any time.
  const now = typed();
  // The service worker does not answer HEAD requests, so this is the server's response. Without a network nothing happens.
  const answer = await fetch(new URL("jiedui.js", FOLDER), { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (!answer || answer.status !== 404) return false;
  leave(BUILD, now);
  return true;
}

// Reloads the page in the server's version and keeps typed text. A tab leaves a build automatically only once. Afterwards it
// offers to reload, so that servers with different builds or lost storage cause no reload loop.
export function leave(build, now = typed()) {
  try {
    const left = JSON.parse(sessionStorage.getItem(LEFT) || "[]");
    if (!left.includes(build)) {
      sessionStorage.setItem(LEFT, JSON.stringify([...left, build]));
      sessionStorage.setItem(TYPED, JSON.stringify({ path: location.pathname, typed: now }));
      return location.reload();
    }
  } catch {
    // The browser refuses storage.
  }
  offer(WORDS.gone, () => location.reload());
}

const fields = () => [...document.querySelectorAll("input, textarea, select")];
const identity = (field) => [field.tagName, field.type, field.id, field.name].join(" ");

// Returns text typed into the page that the server painted. Passwords are never stored.
function typed() {
  const isTyped = (field) => !["password", "checkbox", "radio", "file", "range", "hidden"].includes(field.type) && field.value !== (field.defaultValue || "");
  return fields().map((field, number) => ({ number, identity: identity(field), value: field.value, keep: isTyped(field) })).filter((field) => field.keep);
}

// Restores text typed before the reload; the app then takes it over.
export function putBack() {
  const text = sessionStorage.getItem(TYPED);
  sessionStorage.removeItem(TYPED);
  const { path, typed } = JSON.parse(text || "{}");
  if (path !== location.pathname) return;
  const all = fields();
  for (const stored of typed) {
    const field = all[stored.number];
    if (field && identity(field) === stored.identity) field.value = stored.value;
  }
}

function offer(words, then) {
  const button = (text, kind, press) => {
    const element = document.createElement("button");
    element.type = "button";
    element.className = kind;
    element.textContent = text;
    element.addEventListener("click", press);
    return element;
  };
  const now = button(WORDS.now, "button primary", () => {
    now.disabled = true;
    then();
  });
  show(words, [now, button(WORDS.later, "button quiet", () => document.getElementById("version").remove())]);
}

// Shows one notice at the bottom of the screen, where it does not move the content under a finger.
function show(words, buttons) {
  const old = document.getElementById("version");
  if (old) old.remove();
  const notice = document.createElement("div");
  notice.id = "version";
  notice.className = "notice version";
  notice.setAttribute("role", "status");
  const sentence = document.createElement("p");
  sentence.textContent = words;
  notice.append(sentence, ...buttons);
  document.documentElement.append(notice);
}
