// Two views of two texts that scroll together: what stands at the top of one is brought to the
// top of the other. Which characters correspond is told in changes.

/** Ties `one` to `other`; `changes` lead from the text of the first to that of the second. */
export function linkScroll(one, other, changes) {
  const back = changes.invertedDesc;
  // Scrolling one view scrolls the other, whose own event must not come back.
  let expected = null;
  const follow = (from, to, map) => () => {
    if (expected === from) {
      expected = null;
      return;
    }
    const top = from.scrollDOM.scrollTop - from.documentPadding.top;
    const line = from.lineBlockAtHeight(Math.max(0, top));
    const pos = Math.min(map.mapPos(Math.min(line.from, map.length)), to.state.doc.length);
    const there = to.lineBlockAt(pos);
    const part = line.height ? Math.min(1, (top - line.top) / line.height) : 0;
    // Above the first line nothing is stretched.
    const into = part < 0 ? top - line.top : part * there.height;
    const target = there.top + into + to.documentPadding.top;
    if (Math.abs(to.scrollDOM.scrollTop - target) < 1) return;
    expected = to;
    to.scrollDOM.scrollTop = target;
    // At the end nothing scrolls and no event comes.
    requestAnimationFrame(() => requestAnimationFrame(() => (expected = null)));
  };
  const ways = [
    [one, follow(one, other, changes)],
    [other, follow(other, one, back)],
  ];
  for (const [view, act] of ways) view.scrollDOM.addEventListener("scroll", act, { passive: true });
  return () => {
    for (const [view, act] of ways) view.scrollDOM.removeEventListener("scroll", act);
  };
}
