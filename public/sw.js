// The service worker: makes the app open with the network unplugged. It knows the files of
// one build and nothing of documents, which live in the browser's database and never here.
//
// A build fills in the next two lines: its name, and every file that belongs to it.
const BUILD = "unfinished";
const FILES = [];

const PREFIX = "palimpsest-build-";
const OWN = PREFIX + BUILD;
// Which open page was started from which build: address = client id, content = cache name.
const PAGES = "palimpsest-pages";
const STARTING_MS_MAX = 60_000;
// A file is found by its address alone, whatever it was compressed for on the way here.
const BY_ADDRESS = { ignoreVary: true };

// All files or none: a build of which one file is missing would break offline.
// There is no skipWaiting here. A page keeps the build it was started with until the person
// accepts the new one, or closes the last page of the old.
self.addEventListener("install", (event) => event.waitUntil(install()));

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim().then(sweep));
});

self.addEventListener("message", (event) => {
  if (event.data === "SKIP_WAITING" || event.data?.type === "SKIP_WAITING") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    // Only the app's own routes are the app. Anything else, such as the API opened in a tab,
    // is the server's to answer.
    if (/^\/($|search$|d\/)/.test(url.pathname)) event.respondWith(page(event));
  } else if (url.pathname.startsWith("/assets/")) {
    event.respondWith(asset(request));
  } else if (FILES.includes(url.pathname) && url.pathname !== "/") {
    event.respondWith(own(request, url.pathname));
  }
});

async function install() {
  const cache = await caches.open(OWN);
  await Promise.all(
    FILES.map(async (path) => {
      // The name of a hashed file tells its content, so an earlier build's copy is as good.
      // Everything else is asked of the server itself, past the browser's own cache.
      const hashed = path.startsWith("/assets/");
      const known = hashed ? await caches.match(path, BY_ADDRESS) : undefined;
      const response = known ?? (await fetch(path, { cache: hashed ? "default" : "reload" }));
      if (!response.ok || response.redirected) throw new Error(`${path}: ${response.status}`);
      await cache.put(path, response);
    }),
  );
}

async function page(event) {
  const shell = await own(event.request, "/");
  if (event.resultingClientId) event.waitUntil(started(event.resultingClientId));
  return shell;
}

// Cache first, over all builds: a page of the build before may still ask for its own files.
// A file that no build here has is the server's to find or to refuse; it is never the page.
async function asset(request) {
  return (await caches.match(new URL(request.url).pathname, BY_ADDRESS)) ?? fetch(request);
}

async function own(request, path) {
  const cache = await caches.open(OWN);
  return (await cache.match(path, BY_ADDRESS)) ?? fetch(request);
}

async function started(client) {
  const pages = await caches.open(PAGES);
  await pages.put(`/${client}`, Response.json({ build: OWN, since: Date.now() }));
  await sweep();
}

// Removes the builds that no open page was started from, unless one is just arriving.
async function sweep() {
  const names = await caches.keys();
  if (self.registration.installing || self.registration.waiting) return;
  const clients = await self.clients.matchAll({ includeUncontrolled: true });
  const open = new Set(clients.map((client) => `/${client.id}`));
  const pages = await caches.open(PAGES);
  const used = new Set([OWN]);
  for (const record of await pages.keys()) {
    const { build, since } = await (await pages.match(record)).json();
    // A page that is just being started is recorded here before it counts as open.
    const starting = Date.now() - since < STARTING_MS_MAX;
    if (starting || open.has(new URL(record.url).pathname)) used.add(build);
    else await pages.delete(record);
  }
  const unused = (name) => name.startsWith(PREFIX) && !used.has(name);
  await Promise.all(names.filter(unused).map((name) => caches.delete(name)));
}
