// The console in a real browser: axe finds nothing on any screen, nothing is wider than the window, stored
// markup does nothing, and every action works, without JavaScript too.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { board, browser } from "./site.mjs";

const { opened, AxeBuilder, missing } = await browser();
const SKIP = missing ?? false;
if (missing) console.log(`left out: the tests of the console in a browser: ${missing}`);

const SCREENS = {
  overview: "",
  deliveries: "/deliveries",
  "dead letters": "/deliveries?state=dead&endpoint=shopify_orders&since=24h",
  "a list between two times": "/deliveries?since=2020-01-01T00:00&until=2030-01-01T00:00",
  "no matches": "/deliveries?error=deadlock&since=1h",
  "a bad filter": "/deliveries?since=yesterdayish",
  "a delivery": "/deliveries/1",
  "a hostile delivery": "/deliveries/139",
  "a completed delivery": "/deliveries/200",
  "no delivery": "/deliveries/412007",
  "an endpoint": "/endpoints/shopify_orders",
  "a paused endpoint": "/endpoints/slack_events",
  "an idle endpoint": "/endpoints/okta_hooks",
  pause: "/endpoints/github_events/pause",
  system: "/system",
  "no such page": "/nothing",
};

describe("the console in a browser", { skip: SKIP, concurrency: 1 }, () => {
  let site;
  before(async () => { site = await board(); });
  after(async () => {
    await site?.end();
    await opened?.close();
  });

  /** A page whose errors, refused loads and dialogs fail the test. */
  async function visit(options = {}, headers = {}) {
    const context = await opened.newContext({ viewport: { width: 1280, height: 860 }, ...options, extraHTTPHeaders: headers });
    const page = await context.newPage();
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("dialog", async (dialog) => { wrong.push(`a dialog: ${dialog.message()}`); await dialog.dismiss(); });
    page.on("console", (message) => {
      const isStatus = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !isStatus) wrong.push(message.text());
    });
    return { page, open: (path) => page.goto(site.address + path), done: async () => {
      await context.close();
      assert.deepEqual(wrong, []);
    } };
  }

  async function axe(page, name) {
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
    assert.deepEqual(found, []);
  }

  const isWide = (page) => page.evaluate(() =>
    document.documentElement.scrollWidth - document.documentElement.clientWidth);

  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      it(`axe finds nothing on any screen, ${colorScheme}, ${width} pixels wide`, async () => {
        const { page, open, done } = await visit({ colorScheme, viewport: { width, height: 844 } });
        for (const [name, path] of Object.entries(SCREENS)) {
          await open(path);
          await axe(page, name);
          assert.ok(await isWide(page) <= 0, `${name} is wider than the window`);
        }
        await open("/deliveries/139");
        await page.getByRole("button", { name: "Show the body" }).click();
        await axe(page, "a shown body");
        await open("/deliveries?state=dead");
        await page.locator("input[name=tick]").first().check();
        await page.getByRole("button", { name: /^Discard/ }).click();
        await axe(page, "the page that asks");
        assert.ok(await isWide(page) <= 0, "the page that asks is wider than the window");
        await done();
      });
    }
  }

  it("nothing scrolls sideways at 320 pixels", async () => {
    const { page, open, done } = await visit({ viewport: { width: 320, height: 640 } });
    for (const [name, path] of Object.entries(SCREENS)) {
      await open(path);
      assert.ok(await isWide(page) <= 0, `${name} is ${await isWide(page)} pixels too wide`);
    }
    await done();
  });

  it("a policy that is broken would be seen", async () => {
    const { page, open } = await visit();
    await open("");
    const refused = page.waitForEvent("console", (message) => message.text().includes("Content Security Policy"));
    await page.evaluate(() => {
      const element = document.createElement("p");
      element.setAttribute("style", "color: red");
      document.body.append(element);
    });
    assert.match((await refused).text(), /style/);
    await page.context().close();
  });

  it("those that are ticked are retried", async () => {
    const { page, open, done } = await visit();
    await open("/deliveries?state=dead&endpoint=shopify_orders");
    const ticks = page.locator("input[name=tick]");
    await ticks.nth(0).check();
    await ticks.nth(2).check();
    assert.match(await page.locator("#bulk").innerText(), /2 selected/);
    await page.getByRole("button", { name: /^Retry/ }).click();
    assert.equal(await page.locator("h1").innerText(), "Retry 2 dead letters?");
    assert.match(await page.locator("main").innerText(), /Logged with your name/);
    await page.getByRole("button", { name: "Retry 2 dead letters" }).click();
    assert.match(await page.locator("main").innerText(), /2 of 2 were retried/);
    await done();
  });

  it("everything works without JavaScript", async () => {
    const { page, open, done } = await visit({ javaScriptEnabled: false });
    await open("/deliveries?state=dead&endpoint=shopify_orders");
    await page.getByLabel("Error contains").fill("price");
    await page.getByRole("button", { name: "Apply" }).click();
    assert.match(page.url(), /error=price/);
    const count = Number(/([\d,]+) match/.exec(await page.locator(".list-line").innerText())[1]);
    await page.getByLabel(/that match/).check();
    await page.getByRole("button", { name: /^Discard/ }).click();
    assert.match(await page.locator("h1").innerText(), /^Discard \d+ dead letters\?$/);
    await page.locator("#typed").fill("1");
    await page.getByRole("button", { name: /^Discard/ }).click();
    assert.match(await page.locator("#typed-problem").innerText(), /You typed 1\. The number is/);
    await page.locator("#typed").fill(String(count));
    await page.getByRole("button", { name: /^Discard/ }).click();
    assert.match(await page.locator("main").innerText(), /were discarded/);

    await open("/endpoints/stripe_payments");
    await page.getByRole("link", { name: "Pause…" }).click();
    await page.getByLabel("Reason, for others").fill("the bank is down");
    await page.getByRole("button", { name: /^Pause/ }).click();
    assert.match(await page.locator("main").innerText(), /Paused by ana/);
    await page.getByRole("button", { name: "Resume" }).click();
    assert.doesNotMatch(await page.locator("main").innerText(), /Paused by/);

    await open("/deliveries/5");
    await page.getByRole("button", { name: "Show the body" }).click();
    assert.match(await page.locator("#body").innerText(), /"email": "jo@example.com"/);
    await page.getByRole("link", { name: "Hide it" }).click();
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    assert.match(await page.getByRole("status").first().innerText(), /Delivery #5 was retried/);
    await open("/deliveries");
    await page.getByRole("link", { name: "Older" }).click();
    assert.match(page.url(), /before=/);
    await page.getByRole("link", { name: "Newer" }).click();
    assert.match(page.url(), /after=/);
    await done();
  });

  it("the command can be copied, also after the page has renewed itself", async () => {
    const { page, open, done } = await visit();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await open("/deliveries/5");
    const copy = page.locator("#again .copy");
    await copy.waitFor();
    const renewed = page.locator("#live-words", { hasText: "updated 2 s ago" });
    await renewed.or(page.locator("#live-words", { hasText: "updated 1 s ago" })).waitFor();
    await page.waitForTimeout(6000);
    assert.equal(await copy.count(), 1);
    await copy.click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^body=delivery-5\.body\n/);
    await done();
  });

  it("an action that nothing is selected for looks so", async () => {
    const { page, open, done } = await visit();
    await open("/deliveries?state=dead");
    const retry = page.locator("#bulk button[value=retry]");
    const look = () => retry.evaluate((button) => getComputedStyle(button).backgroundColor);
    assert.ok(await retry.isDisabled());
    const without = await look();
    await page.locator("input[name=tick]").first().check();
    assert.ok(await retry.isEnabled());
    assert.notEqual(await look(), without);
    await done();
  });

  it("the keyboard goes everywhere and changes nothing", async () => {
    const { page, open, done } = await visit();
    await open("");
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.waitForURL(/deliveries$/);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    assert.match(await page.locator("#bulk").innerText(), /1 selected/);
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "search");
    await page.keyboard.press("Escape");
    await page.locator("h1").click();
    await page.keyboard.press("?");
    assert.ok(await page.locator("#keys").isVisible());
    await axe(page, "the list of keys");
    await page.getByLabel("Use these keys").uncheck();
    await page.getByRole("button", { name: "Close" }).click();
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.waitForTimeout(300);
    assert.match(page.url(), /deliveries$/);
    await done();
  });

  it("an open page is renewed by itself, and keeps what is in use", async () => {
    const { page, open, done } = await visit();
    await open("/endpoints/github_events");
    await page.locator("summary").first().click();
    const other = await visit();
    await other.open("/endpoints/github_events/pause");
    await other.page.getByRole("button", { name: /^Pause/ }).click();
    await page.getByText("Paused by ana").waitFor({ timeout: 8000 });
    assert.ok(await page.locator("details.figures").first().getAttribute("open") !== null, "it stays open");
    await other.page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("Paused by ana").waitFor({ state: "detached", timeout: 8000 });
    await page.getByRole("button", { name: "Stop updates" }).click();
    assert.match(await page.locator("#live").innerText(), /As of/);
    await other.done();
    await done();
  });

  it("a viewer who may only look is offered nothing else", async () => {
    const { page, open, done } = await visit({}, { viewer: "ben" });
    for (const path of Object.values(SCREENS).filter((path) => !path.endsWith("/pause"))) {
      await open(path);
      const forms = await page.locator('form[method="post"]').evaluateAll((all) => all.map((form) => form.getAttribute("action")));
      assert.deepEqual(forms.filter((action) => !/\/body(#body)?$/.test(action) && !action.endsWith("changes/confirm")), []);
      assert.equal(await page.locator("input[name=tick], button[name=action]").count(), 0);
    }
    await done();
  });
});

describe("the console over 100,000 deliveries", { skip: SKIP, concurrency: 1 }, () => {
  let site;
  before(async () => { site = await board(100_000); });
  after(async () => { await site?.end(); });

  it("shows each screen at once", async () => {
    const second = await browser();
    const page = await second.opened.newPage();
    for (const path of ["", "/deliveries", "/deliveries?state=pending&event=message", "/endpoints/slack_events", "/system"]) {
      await page.goto(site.address + path);
      const took = Number(/Rendered in (\d+) ms/.exec(await page.locator("footer").innerText())[1]);
      assert.ok(took < 2000, `${path} took ${took} ms`);
    }
    await second.opened.close();
  });
});
