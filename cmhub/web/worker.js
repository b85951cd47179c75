// Shows one page when CMHub cannot be reached. It keeps that page, in the language that its own
// address names, and answers nothing else: what is on the screens is never stored.
const KEPT = `cmhub-{kept}-${new URL(location.href).searchParams.get("language")}`;
const PAGE = "/offline/";

self.addEventListener("install", (event) => {
  const keep = caches.open(KEPT).then((cache) => cache.add(new Request(PAGE, { cache: "reload" })));
  event.waitUntil(keep.then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const clear = caches.keys().then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))));
  event.waitUntil(clear.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate" || event.request.method !== "GET") return;
  event.respondWith(fetch(event.request).catch(async () => (await caches.match(PAGE)) ?? Response.error()));
});
