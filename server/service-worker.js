// Caches the app so that it starts without a network. The server fills in the name of the build, a hash of the cached files, and
// their list. Entries are not cached here: they are in IndexedDB.
//
// Each version has a cache, which is filled completely or not at all. A new worker waits until the user agrees, or until no
// page of another build is open. File names contain the build (/pkg/<build>/…). A page therefore finds the files of its
// build in any cache, until the last page of that build is closed.
const BUILD = "__BUILD__";
const VERSION = "__VERSION__";
const FILES = "__FILES__";
const SHELL = "/shell";
const CACHE = `jiedui-${BUILD}-${VERSION}`;
// Prefix of the lock that each page holds, followed by its build.
const PAGE = "jiedui-page-";
// Written last, as a mark that the cache is complete.
const COMPLETE = "/whole";
// Holds the build that the user started while this worker still answers.
const NEXT = "/next";
// The build that could not be cached, for example because storage is full.
let failed = null;

self.addEventListener("install", (event) => event.waitUntil(fill()));

async function fill() {
  // A build's files never change, and the page has usually just fetched them.
  const request = (path) => new Request(path, { cache: path.startsWith("/pkg/") ? "default" : "no-cache" });
  const cache = await caches.open(CACHE);
  try {
    await cache.delete(NEXT);
    await cache.addAll([SHELL, ...FILES].map(request));
    await cache.put(COMPLETE, new Response());
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

self.addEventListener("activate", (event) => event.waitUntil(deleteOldCaches().then(() => self.clients.claim())));

self.addEventListener("message", (event) => {
  const { type } = event.data;
  if (type === "take over") self.skipWaiting();
  if (type === "start") event.waitUntil(start(event.data.build).then(() => event.ports[0].postMessage({})));
  if (type === "take over if alone") event.waitUntil(takeOverIfAlone());
  if (type === "tidy") event.waitUntil(deleteOldCaches());
  if (type === "state") event.waitUntil(isComplete().then((whole) => event.ports[0].postMessage({ build: BUILD, whole })));
});

// Returns the builds with an open page; null if an open page holds no lock because it is starting or of an older app.
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

// Deletes the caches of versions without an open page.
async function deleteOldCaches() {
  const used = await buildsInUse();
  const { installing, waiting } = self.registration;
  // The cache of a newer version may be among them.
  if (!used || installing || waiting) return;
  const isOld = (name) => name.startsWith("jiedui-") && name !== CACHE && (name.startsWith(`jiedui-${BUILD}-`) || !used.has(name.split("-")[1]));
  await Promise.all((await caches.keys()).filter(isOld).map((name) => caches.delete(name)));
}

// Returns whether this version's cache is complete. The browser or its user may have deleted some files.
async function isComplete() {
  if (!(await caches.has(CACHE))) return false;
  const cached = new Set((await (await caches.open(CACHE)).keys()).map((request) => new URL(request.url).pathname));
  return [COMPLETE, SHELL, ...FILES].every((path) => cached.has(path));
}

// Returns the name of the complete cache of another build, if there is one.
async function completeCache(build) {
  const names = (await caches.keys()).filter((name) => name.startsWith(`jiedui-${build}-`));
  const marks = await Promise.all(names.map((cacheName) => caches.match(COMPLETE, { cacheName })));
  return names.find((_, number) => marks[number]);
}

// Serves pages in the build of a waiting worker from now on. Its takeover may last minutes: browsers first wait for everything
// that this worker does, such as a download over a slow line.
async function start(build) {
  const cache = await caches.open(CACHE);
  await cache.put(NEXT, new Response(build));
}

async function shell() {
  const next = await caches.match(NEXT, { cacheName: CACHE });
  const cacheName = next && (await completeCache(await next.text()));
  return caches.match(SHELL, { cacheName: cacheName || CACHE });
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
  const cached = (await caches.match(path, { cacheName: CACHE })) || (path.startsWith("/pkg/") && (await caches.match(path)));
  return cached || fetch(request);
}

// Online the server paints the page; no response within five seconds counts as offline. A page of a build that is not cached
// would first load its files over a line that may break. Until that build is cached, the present version continues.
async function page(event) {
  let painted;
  try {
    painted = await pageFromServer(event.request);
  } catch {
    return (await shell()) || Response.error();
  }
  const build = painted.headers.get("x-jiedui-build");
  if (!build || build === BUILD || build === failed || (await completeCache(build)) || !(await isComplete())) return painted;
  event.waitUntil(fetchVersion(build));
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

// Fetches a newer version. If it cannot be cached, it is used from the network.
async function fetchVersion(build) {
  await self.registration.update();
  const { installing } = self.registration;
  if (!installing) return;
  await new Promise((done) => installing.addEventListener("statechange", done, { once: true }));
  if (installing.state === "redundant") failed = build;
}

// A push message has no content; the notification's text is requested from the server.
self.addEventListener("push", (event) => event.waitUntil(notify()));

async function notify() {
  const answer = await fetch("/api/v1/notices").catch(() => null);
  const { sentence } = answer && answer.ok ? await answer.json() : {};
  // Browsers revoke the permission of an app that receives a push message and shows no notification.
  const body = sentence || "有新的消息 / Something is new";
  return self.registration.showNotification("结对 Jiedui", { body, icon: "/icon-192.png", tag: "jiedui", data: "/entries" });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data));
});
