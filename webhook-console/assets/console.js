// The console works without this script. It refreshes panels and ages, and adds keyboard shortcuts.
"use strict";
(() => {
  const main = document.querySelector("#content");
  if (!main) return;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector, from = document) => from.querySelector(selector);
  const ask = (key) => { try { return sessionStorage.getItem(key); } catch { return null; } };
  const keep = (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* private mode */ } };

  // Ages are by the server's clock.
  const ahead = Date.parse(main.dataset.now) - Date.now();
  const now = () => Date.now() + ahead;
  const age = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min`;
    if (whole < 86400) return `${Math.floor(whole / 3600)} h`;
    return `${Math.floor(whole / 86400)} d`;
  };
  const refreshAges = (from = document) => {
    for (const element of all("[data-ago]", from)) {
      const then = Date.parse(element.dataset.ago || element.getAttribute("datetime"));
      const text = `${age((now() - then) / 1000)} ago`;
      if (element.textContent !== text) element.textContent = text;
    }
  };
  setInterval(refreshAges, 1000);

  // The stream sends the whole page, and panels that differ are swapped.
  const live = one("#live");
  const words = one("#live-words");
  let updated = Date.now();
  let stopped = ask("stopped") === "yes";
  let source = null;
  let timer = 0;
  let hidden = 0;
  const isBusy = (panel) => {
    if (panel.contains(document.activeElement) && document.activeElement !== panel) return true;
    if (one("details[open]", panel)) return true;
    const selection = getSelection();
    return selection && !selection.isCollapsed && panel.contains(selection.anchorNode);
  };
  // A panel as the server wrote it: without the button that is added here.
  const written = (panel) => {
    if (!one(".copy", panel)) return panel.outerHTML;
    const bare = panel.cloneNode(true);
    one(".copy", bare).remove();
    return bare.outerHTML;
  };
  const swap = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const fresh of all("[data-live]", page)) {
      const old = document.getElementById(fresh.id);
      if (!old || isBusy(old)) continue;
      refreshAges(fresh);
      if (written(old) !== fresh.outerHTML) old.replaceWith(document.adoptNode(fresh));
    }
    offerCopy();
    for (const fresh of all("tr[data-row]", page)) {
      const old = one(`tr[data-row="${CSS.escape(fresh.dataset.row)}"]`);
      const [was, is] = [old && one(".c-state", old), one(".c-state", fresh)];
      if (was && was.outerHTML !== is.outerHTML && !isBusy(was)) {
        old.dataset.kind = fresh.dataset.kind;
        was.replaceWith(document.adoptNode(is));
      }
    }
    const since = one("#new-since", page);
    if (since && one("#new-since")) one("#new-since").replaceWith(document.adoptNode(since));
    if (page.title) document.title = page.title;
    updated = Date.now();
    showState();
  };
  // Text that phones do not show.
  const wide = (text) => {
    const span = document.createElement("span");
    span.className = "wide";
    span.textContent = text;
    return span;
  };
  const showState = () => {
    if (!live || !words) return;
    const seconds = (Date.now() - updated) / 1000;
    const isStale = !stopped && seconds > 15;
    live.classList.toggle("is-live", !stopped && !isStale);
    live.classList.toggle("is-stale", isStale);
    const at = new Date(updated + ahead).toISOString().slice(11, 19);
    words.textContent = stopped ? `As of ${at}` : isStale ? `Not live. No update since ${at}` : "Live";
    if (!stopped && !isStale) words.append(wide(`, updated ${age(seconds)} ago`));
  };
  const poll = async () => {
    try {
      const response = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
      if (response.ok) swap(await response.text());
    } catch { /* the age of the last update shows it */ }
  };
  const close = () => {
    if (source) source.close();
    source = null;
    clearInterval(timer);
    timer = 0;
  };
  const fallBack = () => {
    close();
    timer = setInterval(poll, 5000);
  };
  const open = () => {
    close();
    if (stopped || !main.dataset.events) return;
    if (!("EventSource" in window)) { fallBack(); return; }
    let failures = 0;
    source = new EventSource(main.dataset.events);
    source.addEventListener("page", (event) => { failures = 0; swap(event.data); });
    source.addEventListener("error", () => { failures += 1; if (failures > 2) fallBack(); });
  };
  if (main.dataset.events && live) {
    const reload = one("a", live);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    const name = () => { button.replaceChildren(stopped ? "Start" : "Stop", wide(" updates")); };
    button.addEventListener("click", () => {
      stopped = !stopped;
      keep("stopped", stopped ? "yes" : "no");
      if (stopped) { close(); } else { updated = Date.now(); open(); poll(); }
      name();
      showState();
    });
    name();
    reload.replaceWith(button);
    open();
    setInterval(showState, 1000);
    showState();
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hidden);
      if (document.hidden) { hidden = setTimeout(close, 600000); } else if (!source && !timer && !stopped) { open(); poll(); }
    });
  }

  // Counts ticks, and enables the actions that apply to them.
  const bar = one("#bulk");
  const ticks = () => all('input[name="tick"]');
  const countTicks = () => {
    if (!bar) return;
    const ticked = ticks().filter((tick) => tick.checked);
    const isAll = one('input[name="scope"][value="all"]', bar).checked;
    one("#ticked", bar).textContent = `${ticked.length} selected`;
    for (const button of all("button[name=action]", bar)) {
      const fits = ticked.filter((tick) => tick.dataset.actions.split(" ").includes(button.value)).length;
      const label = one("span", button);
      label.dataset.verb ||= label.textContent;
      label.textContent = isAll || fits === 0 || fits === ticked.length
        ? label.dataset.verb : `${label.dataset.verb} ${fits}`;
      button.disabled = !isAll && fits === 0;
    }
    const whole = one("#tick-all");
    if (whole) {
      whole.checked = ticked.length > 0 && ticked.length === ticks().length;
      whole.indeterminate = ticked.length > 0 && !whole.checked;
    }
  };
  const whole = one("#tick-all");
  if (whole) {
    whole.hidden = false;
    whole.addEventListener("change", () => { for (const tick of ticks()) tick.checked = whole.checked; countTicks(); });
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches('input[name="tick"], input[name="scope"]')) {
      if (event.target.name === "tick" && bar) one('input[name="scope"][value="ticked"]', bar).checked = true;
      countTicks();
    }
  });
  countTicks();
  addEventListener("pageshow", countTicks);

  // A button that copies the command.
  function offerCopy() {
    const code = one("#again-code");
    if (!code || !navigator.clipboard || one(".copy")) return;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.className = "button copy";
    copy.textContent = "Copy";
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = "Copy"; }, 2000);
    });
    code.after(copy);
  }
  offerCopy();

  const problem = one("[aria-invalid]");
  if (problem) problem.focus();

  // Keys move and tick. None of them changes a delivery.
  const link = (place) => one(`.top nav a:nth-of-type(${place})`);
  let pending = "";
  let at = -1;
  const rows = () => all("table.cards tbody tr");
  const go = (step) => {
    const list = rows();
    if (list.length === 0) return;
    at = Math.min(list.length - 1, Math.max(0, at + step));
    list.forEach((row, index) => row.classList.toggle("at", index === at));
    const target = one("th a", list[at]);
    if (target) target.focus();
    list[at].scrollIntoView({ block: "nearest" });
  };
  const help = () => {
    let dialog = one("#keys");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.id = "keys";
      dialog.setAttribute("aria-labelledby", "keys-h");
      const heading = document.createElement("h2");
      heading.id = "keys-h";
      heading.textContent = "Keys";
      const list = document.createElement("dl");
      for (const [keys, what] of [["/", "Search"], ["j, k", "Next and previous row"], ["x", "Tick the row"],
        ["Enter", "Open the row"], ["g o", "Overview"], ["g d", "Deliveries"], ["g s", "System"], ["?", "This list"]]) {
        const key = document.createElement("dt");
        const mark = document.createElement("kbd");
        mark.textContent = keys;
        key.append(mark);
        const text = document.createElement("dd");
        text.textContent = what;
        list.append(key, text);
      }
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = ask("keys") !== "off";
      box.addEventListener("change", () => keep("keys", box.checked ? "on" : "off"));
      label.append(box, " Use these keys");
      const form = document.createElement("form");
      form.method = "dialog";
      const done = document.createElement("button");
      done.className = "button";
      done.textContent = "Close";
      form.append(done);
      dialog.append(heading, list, label, form);
      document.body.append(dialog);
    }
    dialog.showModal();
  };
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input:not([type=checkbox]):not([type=radio]), select, textarea, dialog");
    if (field || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") { event.preventDefault(); help(); return; }
    if (ask("keys") === "off") return;
    const before = pending;
    pending = "";
    if (before === "g") {
      const target = { o: link(1), d: link(2), s: link(3) }[event.key];
      if (target) { event.preventDefault(); target.click(); return; }
    }
    if (event.key === "g") { pending = "g"; setTimeout(() => { pending = ""; }, 1500); }
    else if (event.key === "/") { const field = one("#search"); if (field && field.offsetParent) { event.preventDefault(); field.focus(); } }
    else if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "x") {
      const tick = rows()[at] && one('input[name="tick"]', rows()[at]);
      if (tick) { tick.checked = !tick.checked; tick.dispatchEvent(new Event("change", { bubbles: true })); }
    }
  });
})();
