// What a page's device holds, looked at and meddled with behind the app's back.

/**
 * Runs `act` on one of the app's stores in the page, inside one transaction. It gets the store,
 * `done` to wait for a request, and `argument`; what it returns comes back.
 */
const within = (page, name, act, argument) =>
  page.evaluate(`(async () => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await done(indexedDB.open("palimpsest"));
    try {
      const name = ${JSON.stringify(name)};
      const store = database.transaction(name, "readwrite").objectStore(name);
      return await (${act})(store, done, ${JSON.stringify(argument)});
    } finally {
      database.close();
    }
  })()`);

/** What is kept to open a document by, as an array of bytes; `replacement` takes its place. */
export const snapshot = (page, id, replacement) =>
  within(page, "snapshots", async (store, done, { id, replacement }) => {
    const before = await done(store.get(id));
    if (replacement === null) await done(store.delete(id));
    else if (replacement) await done(store.put(new Uint8Array(replacement), id));
    return before && [...before];
  }, { id, replacement });

/** How many records a store ("ordered" or "pending") has of a document. */
export const records = (page, name, id) =>
  within(page, name, (store, done, id) => done(store.count(IDBKeyRange.bound([id], [id, []]))), id);

/**
 * Flips bits in the middle of one record of a document, as a failing disk does, and returns
 * how many bytes the record has. `name` is "ordered" or "pending", `nth` counts from 0.
 */
export const damage = (page, name, id, nth = 0) =>
  within(page, name, async (store, done, { id, nth }) => {
    const key = (await done(store.getAllKeys(IDBKeyRange.bound([id], [id, []]))))[nth];
    const value = await done(store.get(key));
    const bytes = value.bytes ?? value;
    const middle = bytes.length >> 1;
    for (let i = middle; i < Math.min(bytes.length, middle + 4); i++) bytes[i] ^= 0xff;
    await done(store.put(value, key));
    return bytes.length;
  }, { id, nth });

/** Takes one record of a document away, as a browser may that cleans up after a crash. */
export const remove = (page, name, id, nth) =>
  within(page, name, async (store, done, { id, nth }) => {
    const key = (await done(store.getAllKeys(IDBKeyRange.bound([id], [id, []]))))[nth];
    await done(store.delete(key));
  }, { id, nth });
