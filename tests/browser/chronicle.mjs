// A made-up history of a document, written as a recorded one: who wrote what over several
// days, word by word, in the format that `palimpsest trace import` reads.
import { writeFile } from "node:fs/promises";
import { random } from "./trace.mjs";

const HOUR_MS = 3_600_000;

/** Writes a history step by step; everything is certain, also the pauses. */
export class Chronicle {
  /** `now` is the end of the story, in milliseconds; `seed` decides about the pauses. */
  constructor(now, seed) {
    this.now = now;
    this.time = now;
    this.text = "";
    this.txns = [];
    this.next = random(seed);
  }

  /** What follows happens so many hours before the end. */
  hoursAgo(hours) {
    this.time = this.now - hours * HOUR_MS;
    return this;
  }

  /** Somebody writes right after `anchor`, or at the end, word by word. */
  write(agent, text, anchor) {
    let pos = anchor === undefined ? [...this.text].length : this.endOf(anchor);
    for (const words of text.match(/\S+\s*|\s+/g) ?? []) {
      // Now and then somebody mistypes, and corrects it.
      if (this.next() < 0.12) {
        const slip = words.slice(0, 2).toUpperCase();
        this.edit(agent, pos, 0, slip);
        this.edit(agent, pos, [...slip].length, "");
      }
      this.edit(agent, pos, 0, words);
      pos += [...words].length;
    }
    return this;
  }

  /** Somebody takes `words` out, or writes others in their place. */
  replace(agent, words, others = "") {
    const end = this.endOf(words);
    this.edit(agent, end - [...words].length, [...words].length, "");
    return others ? this.write(agent, others, this.before(end - [...words].length)) : this;
  }

  /** Saves it in the form that is imported. */
  async save(file) {
    const trace = {
      endContent: this.text,
      numAgents: new Set(this.txns.map(({ agent }) => agent)).size,
      txns: this.txns,
    };
    await writeFile(file, JSON.stringify(trace));
    return file;
  }

  before(pos) {
    return { pos };
  }

  endOf(anchor) {
    if (typeof anchor !== "string") return anchor.pos;
    const at = this.text.lastIndexOf(anchor);
    if (at < 0) throw new Error(`"${anchor}" is not in the text`);
    return [...this.text.slice(0, at + anchor.length)].length;
  }

  edit(agent, pos, deleted, inserted) {
    this.time += 900 + Math.floor(this.next() * this.next() * 40_000);
    const nth = this.txns.length;
    this.txns.push({
      parents: nth ? [nth - 1] : [],
      agent,
      time: new Date(this.time).toISOString(),
      patches: [[pos, deleted, inserted]],
    });
    const scalars = [...this.text];
    scalars.splice(pos, deleted, ...inserted);
    this.text = scalars.join("");
  }
}

/** The document of the pictures: a team's checklist, agreed upon over two weeks. */
export function releaseChecklist(now) {
  const story = new Chronicle(now, 11);
  story.hoursAgo(330);
  story.write("Mira", "# Release checklist\n\n");
  story.write("Mira", "Every release leaves on a Thursday. The person who cuts it is the person who watches it.\n\n");
  story.write("Mira", "## Before the tag\n\n- [ ] Changelog read aloud by someone who did not write it\n");
  story.hoursAgo(305);
  story.write("Ana", "- [ ] `verify` passes on last night’s backup\n");
  story.write("Ana", ": they hold the pager until noon on Friday and nobody else deploys", "watches it");
  story.write("Ana", "- [ ] Release notes translated into every language we ship, by someone who speaks it\n");
  story.hoursAgo(210);
  story.write("Jonas", "\n## If it goes wrong\n\nRoll back first, understand second. ");
  story.write("Jonas", "The log keeps everything, so nothing is lost by going back; write down the *moment* instead: ");
  story.write("Jonas", "open the time machine, copy its link, paste it into the incident.\n");
  story.hoursAgo(200);
  story.write("Mira", "- [ ] The migration ran once on a copy of production\n", "someone who speaks it\n");
  story.replace("Jonas", "ran once", "ran twice");
  story.hoursAgo(97);
  story.write("Ana", "\n> A release that nobody can undo is not a release, it is a bet.\n");
  story.write("Jonas", "\nThen answer three questions: what did we see, what did we believe, and which sentence in this page would have helped.\n");
  story.replace("Mira", " and nobody else deploys");
  story.hoursAgo(30);
  story.replace("Jonas", "- [ ] Changelog", "- [x] Changelog");
  story.replace("Ana", "- [ ] `verify`", "- [x] `verify`");
  story.write("Mira", " Nobody cuts two in a row.", "until noon on Friday.");
  story.replace("Mira", "- [ ] Release notes translated into every language we ship, by someone who speaks it\n");
  story.write("Mira", "\n## Who to wake\n\n1. Whoever cut the release\n2. Whoever wrote the [on-call rota](https://example.org/rota)\n3. Nobody else before breakfast\n");
  story.hoursAgo(3);
  story.write("Ana", ", and the numbers were compared", "copy of production");
  story.replace("Ana", ", and the numbers were compared");
  return story;
}

/** The other documents of the library, by title. */
export function otherDocuments(now) {
  const document = (seed, hours, agents, paragraphs) => {
    const story = new Chronicle(now, seed).hoursAgo(hours);
    paragraphs.forEach((paragraph, nth) => story.write(agents[nth % agents.length], `${paragraph}\n\n`));
    return story;
  };
  return new Map([
    ["Architecture decisions", document(3, 280, ["Mira", "Jonas"], ["# Architecture decisions", "The log is the only truth.", "Everything else may be rebuilt from it."])],
    ["Hiring plan", document(4, 120, ["Ana"], ["# Hiring plan", "One person who likes words, one who likes clocks."])],
    ["Incident 2026-11-19", document(5, 75, ["Jonas", "Ana"], ["# What happened", "The disk was full for eleven minutes.", "Nobody lost a word."])],
    ["On-call rota", document(6, 26, ["Mira", "Ana", "Jonas"], ["# On-call rota", "Mondays: Ana", "Tuesdays: Jonas", "Wednesdays: Mira"])],
  ]);
}
