// Files that somebody chose or dropped, whole folders too, as paths and what is in them. What
// becomes of them is decided elsewhere.

/** How many files are taken at once. */
const FILES_MAX = 5000;

/** Every file below an entry of a dropped folder. */
async function below(entry, path, found) {
  if (found.length >= FILES_MAX || entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise((take, fail) => entry.file(take, fail));
    found.push({ path: path + file.name, file });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A folder is told in parts; an empty part is its end.
    const part = await new Promise((take, fail) => reader.readEntries(take, fail));
    if (!part.length) return;
    for (const inner of part) await below(inner, `${path}${entry.name}/`, found);
  }
}

globalThis.palimpsestFiles = {
  /** What was dropped: `[{ path, file }, …]`. */
  async dropped(transfer) {
    // The list is empty after the first pause, so entries are taken out before it.
    const items = [...transfer.items].filter((item) => item.kind === "file");
    const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
    const found = [];
    for (const entry of entries) {
      if (entry instanceof File) found.push({ path: entry.name, file: entry });
      else if (entry) await below(entry, "", found);
    }
    return found;
  },

  /** What was chosen in a field; in one for folders with the paths in them. */
  chosen(field) {
    const files = [...field.files].slice(0, FILES_MAX);
    field.value = "";
    return files
      .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
      .filter(({ path }) => !path.split("/").some((part) => part.startsWith(".")));
  },

  /** What is in a file. */
  async bytes(file) {
    return new Uint8Array(await file.arrayBuffer());
  },

  /** Hands a file out to be saved. */
  save(name, type, bytes) {
    const url = URL.createObjectURL(new Blob([bytes], { type }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // Saving begins before the address is given back.
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  },
};
