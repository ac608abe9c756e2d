// Keeps the app on the phone so that it starts with no network. The server fills in the name of the build, a hash of all
// that is kept, and the list of files. Entries are never in here: they are in IndexedDB.
//
// Versions. Each has a cache of its own, which is filled whole or not at all. A new worker waits until its page's person
// agrees, or until no page of another build is open. Files of a build have names of their own (/pkg/<build>/…), so
// a page finds those of its build in whichever cache they are, until the last page of that build is closed.
const BUILD = "__BUILD__";
const VERSION = "__VERSION__";
const FILES = "__FILES__";
const SHELL = "/shell";
const CACHE = `jiedui-${BUILD}-${VERSION}`;
// Each page holds a lock that is named by its build.
const PAGE = "jiedui-page-";
// Written last into a cache: all else is in it.
const WHOLE = "/whole";
// The build that could not be kept, for want of room for instance.
let failed = null;

self.addEventListener("install", (event) => event.waitUntil(fill()));

async function fill() {
  // A build's files never change, and the page has often fetched them just now.
  const request = (path) => new Request(path, { cache: path.startsWith("/pkg/") ? "default" : "no-cache" });
  const cache = await caches.open(CACHE);
  try {
    await cache.addAll([SHELL, ...FILES].map(request));
    await cache.put(WHOLE, new Response());
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

self.addEventListener("activate", (event) => event.waitUntil(tidy().then(() => self.clients.claim())));

self.addEventListener("message", (event) => {
  const { type } = event.data;
  if (type === "take over") self.skipWaiting();
  if (type === "take over if alone") event.waitUntil(takeOverIfAlone());
  if (type === "tidy") event.waitUntil(tidy());
  if (type === "state") event.waitUntil(isWhole().then((whole) => event.ports[0].postMessage({ build: BUILD, whole })));
});

// The builds of which a page is open; null where one is open that does not say: it has only just begun, or is of an older app.
async function buildsInUse() {
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!navigator.locks) return open.length === 0 ? new Set() : null;
  const { held } = await navigator.locks.query();
  const pages = held.filter((lock) => lock.name.startsWith(PAGE)).map((lock) => lock.name.slice(PAGE.length));
  return open.length > pages.length ? null : new Set(pages);
}

async function takeOverIfAlone() {
  const used = await buildsInUse();
  if (used && [...used].every((build) => build === BUILD)) await self.skipWaiting();
}

// Deletes the caches of versions that nobody uses any more.
async function tidy() {
  const used = await buildsInUse();
  const { installing, waiting } = self.registration;
  // The cache of a newer version may be among them.
  if (!used || installing || waiting) return;
  const isOld = (name) => name.startsWith("jiedui-") && name !== CACHE && (name.startsWith(`jiedui-${BUILD}-`) || !used.has(name.split("-")[1]));
  await Promise.all((await caches.keys()).filter(isOld).map((name) => caches.delete(name)));
}

// Whether all that the app needs is in this version's cache: a browser, or its person, may have deleted some of it.
async function isWhole() {
  if (!(await caches.has(CACHE))) return false;
  const kept = new Set((await (await caches.open(CACHE)).keys()).map((request) => new URL(request.url).pathname));
  return [WHOLE, SHELL, ...FILES].every((path) => kept.has(path));
}

// Whether another build's files are on the phone.
async function isKept(build) {
  const names = (await caches.keys()).filter((name) => name.startsWith(`jiedui-${build}-`));
  const found = await Promise.all(names.map((cacheName) => caches.match(WHOLE, { cacheName })));
  return found.some(Boolean);
}

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(page(event));
  } else if (url.pathname.startsWith("/pkg/") || FILES.includes(url.pathname)) {
    event.respondWith(file(request, url.pathname));
  }
});

async function file(request, path) {
  const kept = (await caches.match(path, { cacheName: CACHE })) || (path.startsWith("/pkg/") && (await caches.match(path)));
  return kept || fetch(request);
}

// Online the server paints the page; a line that gives no answer in five seconds counts as none. A page of a build whose
// files are not on the phone yet would have to load them first, over a line that may break: until they are kept, the
// version that is here goes on.
async function page(event) {
  const shell = () => caches.match(SHELL, { cacheName: CACHE });
  let painted;
  try {
    painted = await pageFromServer(event.request);
  } catch {
    return (await shell()) || Response.error();
  }
  const build = painted.headers.get("x-jiedui-build");
  if (!build || build === BUILD || build === failed || (await isKept(build)) || !(await isWhole())) return painted;
  event.waitUntil(look(build));
  return (await shell()) || painted;
}

async function pageFromServer(request) {
  if (!navigator.onLine) throw new Error("no network");
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), 5000);
  try {
    const response = await fetch(request, { signal: controller.signal });
    if (response.status >= 502) throw new Error("no server behind the proxy");
    return response;
  } finally {
    clearTimeout(timer);
  }
}

// Fetches a newer version; one that cannot be kept is used from the network.
async function look(build) {
  await self.registration.update();
  const { installing } = self.registration;
  if (!installing) return;
  await new Promise((done) => installing.addEventListener("statechange", done, { once: true }));
  if (installing.state === "redundant") failed = build;
}

// A message of the push service says nothing but that there is something: the server is asked what.
self.addEventListener("push", (event) => event.waitUntil(tell()));

async function tell() {
  const answer = await fetch("/api/v1/notices").catch(() => null);
  const { sentence } = answer && answer.ok ? await answer.json() : {};
  // A browser takes the right to be woken away from who is woken and shows nothing.
  const body = sentence || "有新的消息 / Something is new";
  return self.registration.showNotification("结对 Jiedui", { body, icon: "/icon-192.png", tag: "jiedui", data: "/entries" });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data));
});
