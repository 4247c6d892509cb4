// Which browser is driven, and with which flags. What it is driven to is others' business.
import { statfsSync } from "node:fs";

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SHARED_BYTES_MIN = 512 * 1024 * 1024;
export const BROWSER_FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update", ...sharedMemory(),
];

/**
 * The memory that Chromium's processes share is in `/dev/shm`, as for everybody; only where a
 * container leaves too little of it is it made of files, which stall when the disk is busy.
 */
function sharedMemory() {
  let free = 0;
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    free = bavail * bsize;
  } catch {
    // There is none: files it is.
  }
  return free < SHARED_BYTES_MIN ? ["--disable-dev-shm-usage"] : [];
}
