// Changes in both directions between the view and the document behind it. Knows nothing of
// how either looks; positions are UTF-16 units everywhere in this folder.
import { Annotation, ChangeSet, Transaction } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

// The longest time that changes from elsewhere wait for an input method to finish.
const COMPOSITION_WAIT_MS = 2000;

/** Marks a transaction that came from the document, so that it is not sent back to it. */
export const fromDocument = Annotation.define();

/** Keeps one view and its document equal, also while an input method is composing. */
export class Exchange {
  constructor({ onChange }) {
    this.onChange = onChange;
    this.view = null;
    // What the document already has and the view does not: held back while composing,
    // because a change inside a composition makes browsers put its text in the wrong place.
    this.held = null;
    this.timer = 0;
    this.extension = [
      EditorView.updateListener.of((update) => this.send(update.transactions)),
      EditorView.domEventObservers({ compositionend: () => void setTimeout(() => this.release()) }),
    ];
  }

  /** Local transactions, mapped over what is held back, go to the document. */
  send(transactions) {
    const out = [];
    for (const transaction of transactions) {
      if (!transaction.docChanged || transaction.annotation(fromDocument)) continue;
      let changes = transaction.changes;
      if (this.held) {
        const held = this.held;
        this.held = held.map(changes, true);
        changes = changes.map(held);
      }
      out.push([toFlat(changes), intentOf(transaction)]);
    }
    for (const [flat, intent] of out) this.onChange(flat, intent);
  }

  /**
   * The document's changes go to the view: `[from, to, insert, from, to, insert, …]`, sorted,
   * all in positions of the document before them. With `follow` the caret goes where the
   * last of them is.
   */
  receive(flat, follow) {
    const length = this.held ? this.held.newLength : this.view.state.doc.length;
    const changes = fromFlat(flat, length);
    if (this.view.composing && !follow) {
      this.held = this.held ? this.held.compose(changes) : changes;
      if (!this.timer) this.timer = setTimeout(() => this.release(), COMPOSITION_WAIT_MS);
      return;
    }
    this.release();
    this.dispatch(changes, follow);
  }

  /** Shows what was held back. */
  release() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.held) return;
    const changes = this.held;
    this.held = null;
    this.dispatch(changes, false);
  }

  dispatch(changes, follow) {
    const spec = {
      changes,
      annotations: [fromDocument.of(true), Transaction.addToHistory.of(false)],
    };
    if (follow) {
      let end = -1;
      changes.iterChanges((_fromA, _toA, _fromB, toB) => (end = toB));
      if (end >= 0) Object.assign(spec, { selection: { anchor: end }, scrollIntoView: true });
    }
    this.view.dispatch(spec);
  }

  /** How long the document is, as far as this view knows. */
  get length() {
    return this.held ? this.held.newLength : this.view.state.doc.length;
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

function toFlat(changes) {
  const flat = [];
  changes.iterChanges((from, to, _fromB, _toB, inserted) => {
    flat.push(from, to, inserted.toString());
  });
  return flat;
}

/** Changes as the document has them, for a text of this length. */
export function fromFlat(flat, length) {
  const specs = [];
  for (let i = 0; i < flat.length; i += 3) {
    specs.push({ from: flat[i], to: flat[i + 1], insert: flat[i + 2] });
  }
  // Only "\n" parts lines: with CodeMirror's default a "\r\n" would count as one position
  // here and as two in the document.
  return ChangeSet.of(specs, length, "\n");
}

function intentOf(transaction) {
  if (transaction.isUserEvent("input.paste") || transaction.isUserEvent("input.drop")) {
    return "pasted";
  }
  if (transaction.isUserEvent("input.replace")) return "replaced";
  return "typed";
}
