import { execSync, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, executablePath, launch } from "puppeteer";

/** Names of Chrome on the PATH, most wanted first. */
const COMMANDS = ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome"];

const MAC_APPS = ["Google Chrome", "Chromium", "Google Chrome Canary"];

const WINDOWS_ROOTS = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"];

/** Flags that every launch shares: no traffic of the browser's own, and WebGPU on Linux. */
const FLAGS = [
  "--enable-unsafe-webgpu",
  "--enable-features=Vulkan",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

const WAY_OUT = "install Chrome, or set CHROME_PATH to its executable";

const isRoot = process.getuid?.() === 0;

/** Options of {@link launchChrome}. */
export interface LaunchOptions {
  /**
   * "swiftshader", Chrome's software adapter, or "default", the machine's own.
   * Unset: WEBGRU_ADAPTER; else the software adapter on Linux, where it is the one that is always there.
   */
  readonly adapter?: string;
  /** Further command line flags. */
  readonly args?: readonly string[];
}

/** Starts a headless Chrome with WebGPU, after finding or installing it. */
export async function launchChrome({ adapter = chosenAdapter(), args = [] }: LaunchOptions = {}): Promise<Browser> {
  const flags = [...adapterFlags(adapter), ...args];
  if (isRoot) flags.push("--no-sandbox"); // Chrome's sandbox refuses to run as root
  return launch({
    executablePath: findChrome() ?? installChrome(),
    headless: true,
    args: flags,
    timeout: 0,
    protocolTimeout: 0,
  });
}

/** Flags that every launch with that adapter has. */
export function adapterFlags(adapter: string): string[] {
  const software = ["--use-webgpu-adapter=swiftshader", "--use-vulkan=swiftshader"];
  return adapter === "swiftshader" ? [...FLAGS, ...software] : [...FLAGS];
}

/** The adapter asked for by WEBGRU_ADAPTER, or this system's usual one. */
export function chosenAdapter(): string {
  return process.env.WEBGRU_ADAPTER ?? (process.platform === "linux" ? "swiftshader" : "default");
}

/** Path of the Chrome to use: CHROME_PATH, the system's, or puppeteer's own; undefined where there is none. */
export function findChrome(): string | undefined {
  const chosen = process.env.CHROME_PATH;
  if (chosen) {
    if (!existsSync(chosen))
      throw new Error(`CHROME_PATH: expected Chrome's executable, got ${chosen}, which is not there`);
    return chosen;
  }
  return [...systemPaths(), ...cachedPaths()].find(runs);
}

/** Where `puppeteer browsers install chrome` puts it. */
function cachedPaths(): string[] {
  try {
    return [executablePath()];
  } catch {
    return []; // nothing there
  }
}

function systemPaths(): string[] {
  if (process.platform === "darwin") {
    return MAC_APPS.map((app) => `/Applications/${app}.app/Contents/MacOS/${app.replace(" Canary", "")}`);
  }
  if (process.platform === "win32") {
    const roots = WINDOWS_ROOTS.flatMap((name) => process.env[name] ?? []);
    return roots.map((root) => join(root, "Google", "Chrome", "Application", "chrome.exe"));
  }
  const folders = (process.env.PATH ?? "").split(delimiter);
  return COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command)));
}

/** Whether `path` is a Chrome that starts. Ubuntu's chromium-browser may be a stub that only names a snap. */
function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return false;
  }
  // On Windows and macOS a path is the application itself, and `--version` may open a window.
  return process.platform !== "linux" || spawnSync(path, ["--version"], { timeout: 120_000 }).status === 0;
}

/** Installs Chrome and returns its path. */
function installChrome(): string {
  const commands = installCommands();
  console.log(`Chrome not found, installing it: ${commands.join(" && ")}`);
  try {
    // Only the reason of a failure is worth a reader's time.
    for (const command of commands) execSync(command, { stdio: ["ignore", "ignore", "pipe"] });
  } catch (cause) {
    throw new Error(`Chrome: found none, and could not install it; ${WAY_OUT}`, { cause });
  }
  const path = findChrome();
  if (!path) throw new Error(`Chrome: installed, but not found; ${WAY_OUT}`);
  return path;
}

/** Debian's own package where we may install it; puppeteer's download elsewhere. Ubuntu's package is a snap. */
function installCommands(): string[] {
  const release = "/etc/os-release";
  const isDebian = existsSync(release) && /^ID=debian$/m.test(readFileSync(release, "utf8"));
  if (!isDebian || !isRoot) return ["npx puppeteer browsers install chrome"];
  return ["apt-get update", "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium"];
}
