// Keeps the app on the phone so that it starts with no network. The server fills in the list of files and a hash of
// their content, so every version has a cache of its own: it is filled whole or not at all, and the one before serves
// until then. Entries are never in here: they lie in IndexedDB.
const VERSION = "__VERSION__";
const FILES = "__FILES__";
const SHELL = "/shell";
const CACHE = "jiedui-" + VERSION;

self.addEventListener("install", (event) => {
  const fresh = (path) => new Request(path, { cache: "no-cache" });
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll([SHELL, ...FILES].map(fresh))).then(() => self.skipWaiting())
  );
});

self.addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("jiedui-") && name !== CACHE;
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name))))
      .then(() => self.clients.claim())
  );
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    // Online the server paints the page; a line that gives no answer in five seconds counts as none.
    event.respondWith(pageFromServer(request).catch(() => caches.match(SHELL)));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(caches.match(url.pathname, { cacheName: CACHE }).then((kept) => kept || fetch(request)));
  }
});

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
