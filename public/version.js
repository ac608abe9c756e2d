// Versions of the app: this page's build, the one that the service worker keeps, and the server's. Nothing is swapped under a
// page: a newer version is fetched beside it, says that it is there, and begins when its person agrees.
const FOLDER = new URL(".", import.meta.url);
const BUILD = FOLDER.pathname.split("/").slice(-2)[0];
// The service worker learns from this lock which builds have a page.
const PAGE = "jiedui-page-";
const HOUR = 3600000;
// Where session storage holds the builds that this tab has left by itself, and what was typed then.
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
// Whether this page's person has agreed to the new version.
let agreed = false;

// Follows what the service worker does, as long as the page is open.
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

// What a worker keeps: its build, and whether all of it is there. An older app's does not answer.
function state(worker) {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => done(event.data);
    worker.postMessage({ type: "state" }, [port2]);
    setTimeout(() => done({}), 10000);
  });
}

// Looks at what the workers keep: whether this version starts with no network, and whether there is another one that
// waits, or that another tab has agreed to.
async function consider(isSwapped) {
  const { active, waiting } = registration;
  const [own, next] = await Promise.all([active, waiting].map((worker) => (worker ? state(worker) : {})));
  const kept = own.whole && [own, next].some((one) => one.whole && one.build === BUILD);
  tell(kept ? "ready" : "preparing");
  if (waiting && next.build === BUILD) waiting.postMessage({ type: "take over if alone" });
  else if (waiting && next.whole) offer(WORDS.ready, update);
  else if (isSwapped && own.whole && own.build !== BUILD) offer(WORDS.ready, () => location.reload());
  if (active && own.build === BUILD) active.postMessage({ type: "tidy" });
}

const never = () => tell("never");

// What the app shows of it.
function tell(offline) {
  document.documentElement.dataset.offline = offline;
  document.dispatchEvent(new Event("jiedui-offline"));
}

// Begins the newest version: the one that waits, or one that is fetched first.
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
    // It cannot be kept: it begins from the network.
    await registration.unregister();
    return location.reload();
  }
  next.postMessage({ type: "take over" });
}

// Where the server has this page's build no more, the page starts anew, or offers to. True where it does.
export async function leaveIfGone() {
  // The app paints the page anew at once.
  const now = typed();
  // An answer of the server itself: the service worker lets it through. With no network nothing happens.
  const answer = await fetch(new URL("jiedui.js", FOLDER), { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (!answer || answer.status !== 404) return false;
  leave(BUILD, now);
  return true;
}

// Starts the page anew in the version that the server has, with what is typed. A tab leaves a build by itself once: if
// servers do not agree, or storage forgets, it offers it instead of going round and round.
export function leave(build, now = typed()) {
  try {
    const left = JSON.parse(sessionStorage.getItem(LEFT) || "[]");
    if (!left.includes(build)) {
      sessionStorage.setItem(LEFT, JSON.stringify([...left, build]));
      sessionStorage.setItem(TYPED, JSON.stringify({ path: location.pathname, typed: now }));
      return location.reload();
    }
  } catch {
    // Storage is refused.
  }
  offer(WORDS.gone, () => location.reload());
}

const fields = () => [...document.querySelectorAll("input, textarea, select")];
const identity = (field) => [field.tagName, field.type, field.id, field.name].join(" ");

// What has been typed into the page that the server painted. Passwords are never kept.
function typed() {
  const isTyped = (field) => !["password", "checkbox", "radio", "file", "range", "hidden"].includes(field.type) && field.value !== (field.defaultValue || "");
  return fields().map((field, number) => ({ number, identity: identity(field), value: field.value, keep: isTyped(field) })).filter((own) => own.keep);
}

// Puts back what was typed before the page started anew; the app then takes it over.
export function putBack() {
  const text = sessionStorage.getItem(TYPED);
  sessionStorage.removeItem(TYPED);
  const { path, typed } = JSON.parse(text || "{}");
  if (path !== location.pathname) return;
  const all = fields();
  for (const own of typed) {
    const field = all[own.number];
    if (field && identity(field) === own.identity) field.value = own.value;
  }
}

function offer(words, then) {
  const button = (text, kind, press) => {
    const own = document.createElement("button");
    own.type = "button";
    own.className = kind;
    own.textContent = text;
    own.addEventListener("click", press);
    return own;
  };
  const now = button(WORDS.now, "button primary", () => {
    now.disabled = true;
    then();
  });
  show(words, [now, button(WORDS.later, "button quiet", () => document.getElementById("version").remove())]);
}

// One notice at the bottom of the screen, so that nothing moves under a finger.
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
