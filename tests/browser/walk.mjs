// A walk through views, on which axe-core looks at each, in light and in dark.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What is wrong with what is shown, in lines that say where. */
async function wrong(page) {
  // Colours are judged as they are at rest.
  await page.evaluate(() => Promise.all(
    document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity)
      .map((one) => one.finished.catch(() => undefined)),
  ));
  // The page's own policy allows no scripts of others; the browser's tools may run some.
  await page.evaluate(AXE);
  return page.evaluate(async (rules) => {
    const { violations } = await globalThis.axe.run(document, { runOnly: { type: "tag", values: rules } });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, any, all }) => `${id}: ${target} ${[...any, ...all].map((one) => one.message)[0] ?? ""}`),
    );
  }, RULES);
}

/** Walks through views and collects what is wrong, light and dark. */
export class Walk {
  constructor(page) {
    this.page = page;
    /** What is wrong, and in which views. */
    this.found = new Map();
  }

  async look(view) {
    for (const colorScheme of ["light", "dark"]) {
      await this.page.emulateMedia({ colorScheme });
      for (const line of await wrong(this.page)) {
        this.found.set(line, [...(this.found.get(line) ?? []), `${view}, ${colorScheme}`]);
      }
    }
  }

  end() {
    const lines = [...this.found].map(([line, views]) => `${line}\n    in: ${views.slice(0, 4).join("; ")}`);
    assert.ok(!lines.length, `\n${lines.join("\n")}`);
  }
}
