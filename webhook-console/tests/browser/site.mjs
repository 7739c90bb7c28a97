// The program that is looked at, and the browser. What is missing is named.
import { spawn, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../../..");

const BROWSERS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

// No sandbox inside of a container, and no talk with its makers.
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** The browser and its driver, or the reason why there is none. */
export async function browser() {
  const executablePath = BROWSERS.find((file) => file && existsSync(file));
  if (!executablePath) return { missing: "Chromium is not installed (or set CHROMIUM to its path)" };
  try {
    const { chromium } = await import("playwright-core");
    const { default: AxeBuilder } = await import("@axe-core/playwright");
    const opened = await chromium.launch({ executablePath, args: ARGUMENTS });
    return { opened, AxeBuilder };
  } catch (error) {
    if (error.code === "ERR_MODULE_NOT_FOUND") return { missing: "run `npm ci` in webhook-console/tests/browser" };
    throw error;
  }
}

function build() {
  if (process.env.BOARD) return process.env.BOARD;
  const arguments_ = ["build", "-p", "webhook-console", "--example", "board", "--message-format=json"];
  const output = execFileSync("cargo", arguments_, { cwd: root, maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "inherit"] });
  const lines = output.toString().split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return lines.findLast((line) => line.executable && line.target.name === "board").executable;
}

/** Starts the program with this many more deliveries; `end` stops it. */
export async function board(more = 0) {
  const child = spawn(build(), [String(more)], { stdio: ["pipe", "pipe", "ignore"] });
  const address = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
      if (text.includes("\n")) resolve(text.trim());
    });
    child.once("exit", (code) => reject(new Error(`the board ended with ${code}`)));
  });
  return { address, end: () => new Promise((done) => { child.once("exit", done); child.stdin.end(); }) };
}
