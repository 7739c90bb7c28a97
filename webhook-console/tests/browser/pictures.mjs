// Makes the two pictures of the README and the guide: `npm run pictures`.
import path from "node:path";
import { fileURLToPath } from "node:url";

import { board, browser } from "./site.mjs";

const docs = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../docs");
const { opened, missing } = await browser();
if (missing) {
  console.error(missing);
  process.exit(1);
}
const site = await board();
for (const [name, screen, colorScheme] of [["overview", "", "light"], ["deliveries", "/deliveries?state=dead&endpoint=shopify_orders", "dark"]]) {
  const context = await opened.newContext({ viewport: { width: 1120, height: 760 }, colorScheme });
  const page = await context.newPage();
  await page.goto(site.address + screen);
  if (name === "deliveries") for (const row of [1, 2]) await page.locator("input[name=tick]").nth(row).check();
  await page.screenshot({ path: path.join(docs, `console-${name}.png`) });
  await context.close();
}
await opened.close();
await site.end();
