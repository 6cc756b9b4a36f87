// Keeps the stairwell page for times without network. No answer with anything of anybody is ever kept here.
const PAGE = {{ page | tojson }};
const FILES = {{ files | tojson }};
const CACHE = "stairs-" + FILES.join("|").split("").reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) >>> 0, 7);

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("stairs-") && name !== CACHE;
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(openPage(request, url));
  else if (FILES.includes(url.pathname + url.search)) event.respondWith(openFile(request));
});

async function openPage(request, url) {
  try {
    const answer = await fetch(request);
    const isShell = url.pathname === PAGE && answer.ok && !answer.redirected;
    if (isShell) (await caches.open(CACHE)).put(PAGE, answer.clone());
    return answer;
  } catch (error) {
    const kept = await caches.match(PAGE);
    if (kept) return kept;
    throw error;
  }
}

async function openFile(request) {
  return (await caches.match(request)) ?? fetch(request);
}
