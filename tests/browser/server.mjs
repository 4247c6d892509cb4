// The real server: its release binary with a data folder of its own on a free port of this
// machine, killed and started again as tests like. Nothing here knows of browsers.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { within } from "./waiting.mjs";

const BINARY = process.env.PALIMPSEST_BIN;
const START_MS_MAX = 20_000;
const COMMAND_MS_MAX = 120_000;
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/** A server process and its data folder. */
export class Server {
  constructor(data, auth) {
    this.data = data;
    /** Whether people need links, as `--auth` says. */
    this.auth = auth;
    /** The address that the first start printed: with links, an owner's. */
    this.first = null;
    this.port = 0;
    this.process = null;
    /** What it said to people, for the report of a failure. */
    this.words = [];
  }

  /** A folder for documents, without a server yet: for commands that need it alone. */
  static async prepare(auth = "none") {
    if (!BINARY) throw new Error("PALIMPSEST_BIN must name the server; `cargo xtask test` does");
    return new Server(await mkdtemp(join(tmpdir(), "palimpsest-browser-")), auth);
  }

  static async start(auth) {
    const server = await Server.prepare(auth);
    await server.start();
    return server;
  }

  get address() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the process; after the first time on the same port, as people's links expect. */
  async start() {
    const listen = `127.0.0.1:${this.port}`;
    const child = spawn(BINARY, ["serve", "--listen", listen, "--data", this.data, "--auth", this.auth], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process = child;
    createInterface({ input: child.stderr }).on("line", (line) => this.words.push(line));
    const said = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", resolve);
      child.once("error", reject);
      child.once("exit", (code) => {
        reject(new Error(`the server ended with ${code}: ${this.words.slice(-5).join("\n")}`));
      });
    });
    const address = await within(START_MS_MAX, said, "the server says its address");
    this.first ??= address;
    this.port = Number(new URL(address).port);
  }

  /** Ends the process as a power cut does, or with another signal, and waits for its end. */
  async kill(signal = "SIGKILL") {
    const child = this.process;
    this.process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  /** Kills the process and starts another one on the same data and port. */
  async restart() {
    await this.kill();
    await this.start();
  }

  /** Ends everything and removes the data. */
  async close() {
    await this.kill();
    await rm(this.data, { recursive: true, force: true });
  }

  /** Runs a command of the binary on the data folder and returns what it printed. */
  async command(...words) {
    const { stdout } = await promisify(execFile)(BINARY, [...words, "--data", this.data], {
      maxBuffer: OUTPUT_BYTES_MAX,
      timeout: COMMAND_MS_MAX,
    });
    return stdout;
  }

  /** Makes a document of a recorded editing history and returns its id. No server may run. */
  async importTrace(file, title) {
    return (await this.command("trace", "import", file, "--title", title)).trim();
  }

  /** The server's answer to a path, as text. */
  async get(path) {
    // With links, as the first owner.
    const key = this.first?.split("#key=")[1];
    const headers = key ? { authorization: `Bearer ${key}` } : {};
    const response = await fetch(this.address + path, { headers });
    const body = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${body}`);
    return body;
  }

  /** A document's text as the server has it, now or at a revision. */
  text(id, revision) {
    const moment = revision === undefined ? "" : `?at_revision=${revision}`;
    return this.get(`/api/v1/documents/${id}/text${moment}`);
  }

  /** What the server knows of a document. */
  async document(id) {
    return JSON.parse(await this.get(`/api/v1/documents/${id}`));
  }
}
