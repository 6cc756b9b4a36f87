// Keeps the page's own files and its empty shell, and nothing of anybody: the run lies sealed in the page's store.
const PATIENCE_MS = 6000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOld().then(() => self.clients.claim()));
});

async function dropOld() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("field-") && name !== CACHE).map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(openPage(request));
  else if (new URL(request.url).pathname.startsWith("/static/")) event.respondWith(openFile(request));
});

async function openPage(request) {
  const late = new Promise((_resolve, reject) => setTimeout(() => reject(new Error("late")), PATIENCE_MS));
  try {
    return await Promise.race([fetch(request), late]);
  } catch {
    return (await caches.match(SHELL)) ?? Response.error();
  }
}

async function openFile(request) {
  const cache = await caches.open(CACHE);
  // Modules name each other without the version that the page's own address carries.
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}
