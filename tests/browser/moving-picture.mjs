// A moving picture made of screenshots: an animated PNG, which every browser and GitHub's README
// play and which old viewers show the first frame of. A frame keeps only what changed.
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const RGB = 2;
const RGBA = 6;
const KEEP = 0;
const REPLACE = 0;
const OVER = 1;

/** The parts of a PNG file, in order. */
function* chunks(png) {
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    yield { kind: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** What stands left, above and above left, mixed as PNG's fifth filter says. */
function paeth(left, above, corner) {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

/** A screenshot as pixels of three bytes. */
export function pixelsOf(png) {
  const parts = [...chunks(png)];
  const head = parts.find(({ kind }) => kind === "IHDR").data;
  const [width, height, depth, colours, laced] = [head.readUInt32BE(0), head.readUInt32BE(4), head[8], head[9], head[12]];
  if (depth !== 8 || laced || ![RGB, RGBA].includes(colours)) throw new Error("a kind of PNG that no screenshot has");
  const bytes = colours === RGB ? 3 : 4;
  const packed = parts.filter(({ kind }) => kind === "IDAT").map(({ data }) => data);
  const raw = inflateSync(Buffer.concat(packed));
  const stride = width * bytes;
  const rgb = Buffer.alloc(width * height * 3);
  let before = Buffer.alloc(stride);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    const row = raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    for (let x = 0; x < stride; x++) {
      const left = x >= bytes ? row[x - bytes] : 0;
      const corner = x >= bytes ? before[x - bytes] : 0;
      const add = [0, left, before[x], (left + before[x]) >> 1, paeth(left, before[x], corner)][filter];
      row[x] = (row[x] + add) & 255;
    }
    for (let x = 0; x < width; x++) row.copy(rgb, (y * width + x) * 3, x * bytes, x * bytes + 3);
    before = row;
  }
  return { width, height, rgb };
}

/** The smallest rectangle in which two pictures differ; null if they do not. */
function changed(one, other) {
  const { width, height } = one;
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      if (one.rgb.compare(other.rgb, at, at + 3, at, at + 3) === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** The rows of a part of a picture; where it is as `before`, one sees through. */
function rows(picture, part, before) {
  const stride = part.width * 4 + 1;
  const raw = Buffer.alloc(part.height * stride);
  for (let y = 0; y < part.height; y++) {
    for (let x = 0; x < part.width; x++) {
      const from = ((part.top + y) * picture.width + part.left + x) * 3;
      if (before && picture.rgb.compare(before.rgb, from, from + 3, from, from + 3) === 0) continue;
      const to = y * stride + 1 + x * 4;
      picture.rgb.copy(raw, to, from, from + 3);
      raw[to + 3] = 255;
    }
  }
  return deflateSync(raw, { level: 9 });
}

/**
 * An animated PNG of `frames`: a screenshot each and for how many milliseconds it stands. It
 * begins again when it is over. Frames that show the same are one.
 */
export function animated(frames) {
  const shown = [];
  for (const { png, ms } of frames) {
    const picture = pixelsOf(png);
    const before = shown.at(-1)?.picture;
    const part = before ? changed(picture, before) : { left: 0, top: 0, width: picture.width, height: picture.height };
    if (part) shown.push({ picture, part, before, ms });
    else shown.at(-1).ms += ms;
  }
  const { width, height } = shown[0].picture;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width);
  head.writeUInt32BE(height, 4);
  head.set([8, RGBA, 0, 0, 0], 8);
  const plays = Buffer.alloc(8);
  plays.writeUInt32BE(shown.length);
  const parts = [SIGNATURE, chunk("IHDR", head), chunk("acTL", plays)];
  let order = 0;
  for (const { picture, part, before, ms } of shown) {
    const frame = Buffer.alloc(26);
    [order++, part.width, part.height, part.left, part.top].forEach((n, nth) => frame.writeUInt32BE(n, nth * 4));
    frame.writeUInt16BE(ms, 20);
    frame.writeUInt16BE(1000, 22);
    frame.set([KEEP, before ? OVER : REPLACE], 24);
    parts.push(chunk("fcTL", frame));
    const data = rows(picture, part, before);
    if (!before) {
      parts.push(chunk("IDAT", data));
      continue;
    }
    const numbered = Buffer.alloc(data.length + 4);
    numbered.writeUInt32BE(order++);
    data.copy(numbered, 4);
    parts.push(chunk("fdAT", numbered));
  }
  parts.push(chunk("IEND", Buffer.alloc(0)));
  return Buffer.concat(parts);
}
