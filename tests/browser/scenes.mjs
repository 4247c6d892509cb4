// Who stands on the stage when more than one file of stories begins, and what more than one does.
import { releaseChecklist } from "./chronicle.mjs";
import { artifact } from "./stage.mjs";

/** Somebody with a document that has a little history: one version after each of `steps`. */
export async function history(stage, steps = ["one", " two", " three", " four", " five"]) {
  const server = await stage.server();
  const ana = await stage.person(server, "Ana");
  const tab = await ana.create();
  const versions = [];
  for (const step of steps) {
    await tab.append(step);
    await tab.saved();
    // What follows a pause is an edit of its own; saved means that this one is over.
    const revision = await tab.last();
    versions.push({ revision, text: await tab.text() });
  }
  return { server, ana, tab, versions, now: versions.at(-1).text };
}

/** Two people with one document: Ana, who put `text` in as if it were pasted, and Jonas. */
export async function pair(stage, text) {
  const server = await stage.server();
  const a = await (await stage.person(server, "Ana")).create();
  await a.editor.focus();
  await a.page.keyboard.insertText(text);
  await a.saved();
  const b = await (await stage.person(server, "Jonas")).open(`/d/${a.id}`);
  await b.shows(text);
  return { server, a, b };
}

/** A server with the document that three people wrote over two weeks, in seven sittings. */
export async function chronicled(stage) {
  const server = await stage.emptyServer();
  const file = await releaseChecklist(Date.now()).save(await artifact(`${stage.name}.json`));
  const id = await server.importTrace(file, "Release checklist");
  await server.start();
  return { server, id };
}

/** Says something about what is selected, by keys. */
export async function say(tab, words) {
  await tab.page.keyboard.press("Control+Alt+KeyM");
  const box = tab.page.getByRole("textbox", { name: "Your comment" }).filter({ visible: true });
  await box.fill(words);
  await box.press("Control+Enter");
}
