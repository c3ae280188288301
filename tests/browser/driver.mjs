// Drives a headless Chromium: one command a line on stdin, one answer a line on stdout, both JSON. browser.py is the other end.
import { existsSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

const KEPT = join(import.meta.dirname, "..", "..", "node_modules", ".browser");
const FONTS = "fonts.conf";

// The package unpacks into the machine's folder for temporary files, and takes whatever lies there: it gets a folder of this checkout,
// with the system libraries and fonts that it brings for machines that have none.
async function unpacked() {
  if (!existsSync(KEPT)) {
    mkdirSync(dirname(KEPT), { recursive: true });
    const before = process.env.TMPDIR;
    process.env.TMPDIR = mkdtempSync(`${KEPT}-`);
    process.env.AWS_LAMBDA_JS_RUNTIME = "nodejs24.x";
    const { default: chromium } = await import("@sparticuz/chromium");
    await chromium.executablePath();
    // Its own list of folders names none of this checkout, and without any font no page is drawn.
    const fonts = `<dir>${join(KEPT, "fonts")}</dir><cachedir>${join(KEPT, "fonts-cache")}</cachedir>`;
    writeFileSync(join(process.env.TMPDIR, FONTS), `<?xml version="1.0"?><fontconfig>${fonts}</fontconfig>\n`);
    renameSync(process.env.TMPDIR, KEPT);
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  process.env.LD_LIBRARY_PATH = join(KEPT, "al2023", "lib");
  process.env.FONTCONFIG_FILE = join(KEPT, FONTS);
  return join(KEPT, "chromium");
}

const executablePath = await unpacked();
const { default: puppeteer } = await import("puppeteer-core");
// Containers and some distributions let no program of an ordinary user make the namespaces that the browser's sandbox needs.
const browser = await puppeteer.launch({ executablePath, headless: "shell", args: ["--no-sandbox", "--font-render-hinting=none"] });
const pages = [];

const commands = {
  async open({ path, width, height }) {
    const page = await browser.newPage();
    page.problems = [];
    page.requests = [];
    page.on("console", (said) => ["error", "warn"].includes(said.type()) && page.problems.push(said.text()));
    page.on("pageerror", (error) => page.problems.push(String(error)));
    page.on("dialog", (dialog) => { page.problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("request", (request) => page.requests.push(request.url()));
    await page.evaluateOnNewDocument(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
    await page.setViewport({ width, height });
    await page.goto(`file://${path}`);
    return pages.push(page) - 1;
  },
  evaluate: ({ page, code }) => pages[page].evaluate(code),
  press: ({ page, key }) => pages[page].keyboard.press(key),
  type: ({ page, text }) => pages[page].keyboard.sendCharacter(text),
  click: ({ page, selector }) => pages[page].click(selector),
  point: ({ page, x, y }) => pages[page].mouse.click(x, y),
  async drag({ page, start, end }) {
    const { mouse } = pages[page];
    await mouse.move(...start);
    await mouse.down();
    await mouse.move(...end, { steps: 4 });
    await mouse.up();
  },
  async wheel({ page, x, y, amount }) {
    await pages[page].mouse.move(x, y);
    await pages[page].mouse.wheel({ deltaY: amount });
  },
  async pinch({ page, start, end }) {
    const hands = pages[page].touchscreen;
    const fingers = [await hands.touchStart(...start[0]), await hands.touchStart(...start[1])];
    await fingers[0].move(...end[0]);
    await fingers[1].move(...end[1]);
    for (const finger of fingers) await finger.end();
  },
  // Each of the two puts the other back.
  media: ({ page, type = null, features = [] }) => (type ? pages[page].emulateMediaType(type) : pages[page].emulateMediaFeatures(features)),
  screenshot: ({ page, path }) => pages[page].screenshot({ path }).then(() => path),
  async accessibility({ page }) { return (await pages[page].accessibility.snapshot()); },
  async problems({ page }) {
    const foreign = pages[page].requests.slice(1);
    return [...pages[page].problems, ...(await pages[page].evaluate("window.violations")), ...foreign.map((url) => `asked for ${url}`)];
  },
  close: ({ page }) => pages[page].close(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...told } = JSON.parse(line);
  let answer;
  try {
    answer = { answer: (await commands[command](told)) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
