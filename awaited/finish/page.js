// All that a page of the site does by itself: theme, menu, table of contents, copying. Search, replay, editor and listings
// have scripts of their own, which are loaded here when they are used. Each part looks for its elements and does nothing
// where they are missing. Without JavaScript nothing is lost but them.
(() => {
  "use strict";
  const root = document.documentElement;
  const { src: here, dataset: { site, more, replays, live } } = document.currentScript;
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, properties, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } }; // "#100%" is no code
  const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* a private window */ } };

  // ---- what a screen reader is told

  const status = make("div", { className: "announcement" });
  status.setAttribute("role", "status");
  document.body.append(status);
  const say = (text) => {
    status.textContent = "";
    setTimeout(() => { status.textContent = text; }, 50); // so that the same words are said again
  };

  // ---- light and dark

  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme === "system" ? system.matches : root.dataset.theme === "dark");
  for (const button of all(".theme-toggle")) {
    const show = () => button.setAttribute("aria-pressed", String(isDark()));
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      remember("theme", root.dataset.theme);
      show();
    });
    system.addEventListener("change", show);
    show();
  }

  // ---- the table of contents follows the reader

  const entries = all("#TOC a[href^='#']").map((link) => [link, document.getElementById(decoded(link.hash.slice(1)))]);
  if (entries.length) {
    const follow = () => {
      const line = innerHeight / 4;
      const passed = entries.filter(([, section]) => section && section.getBoundingClientRect().top <= line);
      const atEnd = innerHeight + scrollY >= document.body.scrollHeight - 2;
      const [current] = (atEnd ? entries : passed).at(-1) || entries[0];
      for (const [link] of entries) {
        link.classList.toggle("active", link === current);
        if (link === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    };
    addEventListener("scroll", () => requestAnimationFrame(follow), { passive: true });
    follow();
    const contents = find("#TOC details"), title = find("summary", contents);
    const narrow = matchMedia("(max-width: 991.98px)"); // as in styles.css: there it is a bar above the text
    const fold = () => {
      contents.open = !narrow.matches;
      title.tabIndex = narrow.matches ? 0 : -1;
    };
    narrow.addEventListener("change", fold);
    contents.addEventListener("click", (event) => {
      if (event.target.closest("a")) fold();
      else if (!narrow.matches) event.preventDefault();
    });
    fold();
    contents.classList.add("ready");
  }

  // ---- links to a place on the page say to which, for those who hear them one after the other

  for (const link of all(".anchorjs-link")) link.ariaLabel = `Link to “${link.parentElement.textContent.slice(0, -1)}”`;
  for (const link of all(".cell-link")) link.ariaLabel += " " + decoded(link.hash.slice(1));

  // ---- code: what is too wide can be reached and scrolled with the keyboard; copying

  const reach = () => {
    for (const box of all("main pre")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  addEventListener("resize", reach);
  reach();

  const copy = async (button, text, done) => {
    const before = button.textContent;
    button.style.minWidth = button.offsetWidth + "px"; // so that it does not shrink under the finger
    try {
      // Safari lets a page write to the clipboard only while the click is being handled, so it gets a promise.
      const blob = Promise.resolve(text).then((words) => new Blob([words], { type: "text/plain" }));
      if (window.ClipboardItem) await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      else await navigator.clipboard.writeText(await text);
      say(done);
      button.textContent = "Copied";
    } catch {
      say("Copying failed");
      button.textContent = "Failed";
    }
    button.disabled = false;
    setTimeout(() => { button.textContent = before; }, 2000);
  };
  for (const button of all(".code-copy-button")) {
    button.addEventListener("click", () => copy(button, find("pre code", button.parentElement).textContent, "Code copied"));
  }
  for (const link of all("a[data-script]")) {
    const button = make("button", { type: "button", className: "copy-script", textContent: link.closest("[data-broken]") ? "Copy broken script" : "Copy as script" });
    button.addEventListener("click", () => {
      const script = fetch(link.href.replace(/html$/, "py")).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)));
      copy(button, script, "Script copied");
    });
    link.after(" ", button);
  }

  // ---- what is loaded when it is used first: a script, and with it the looks that no page needs before

  const awaited = window.awaited = { make, find, all, say, decoded, site, runs: {} };
  let attempts = 0;
  const once = (act) => {
    let done;
    return () => (done ??= act().catch((error) => {
      done = null;
      attempts += 1; // else a browser may remember what it was given in the place of a script
      throw error;
    }));
  };
  const add = (tag, properties) => new Promise((resolve, reject) => {
    document.head.append(make(tag, { ...properties, onload: resolve, onerror: reject }));
  });
  const script = (address, type = "") => add("script", { type, src: new URL(address, here) + (attempts ? "?" + attempts : "") });
  const look = once(async () => more && add("link", { rel: "stylesheet", href: more }));
  const failed = (button, what, place) => {
    const words = `The ${what} could not be loaded. `;
    button.textContent = "Retry";
    place(make("span", { className: "load-failed", textContent: words }));
    say(words);
  };

  if (find(".quarto-listing")) script("./listing.js");
  if (find(".panel-tabset, .callout-header[data-bs-target]")) script("./folds.js");

  // ---- timelines: their controls, which do nothing before one is touched; what each run did is loaded then, too

  awaited.control = (timeline, seconds) => {
    const factors = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000].filter((factor) => factor === 1 || seconds * factor <= 20);
    const speed = make("select", { ariaLabel: "Speed" }, ...factors.map((factor) => make("option", { value: factor, textContent: factor > 1 ? factor + "× slower" : "1×" })));
    speed.value = factors.find((factor) => seconds * factor >= 2) || factors.at(-1); // else the shortest runs were over before they were seen
    const button = make("button", { type: "button", textContent: "Replay" });
    const shown = make("output", { textContent: (0).toFixed(seconds < 1 ? 2 : 1) + " s" });
    const slider = make("input", { type: "range", min: 0, max: seconds, step: "any", value: 0, ariaLabel: "Time in the run" });
    find(".timeline-pictures", timeline).after(make("div", { className: "timeline-controls" }, button, speed, shown, slider));
    return [button, slider];
  };
  awaited.lanes = (stage) => { // the first of them, which takes the place of all as long as these are not known
    const lane = make("span", { role: "option", tabIndex: 0, ariaLabel: find(".timeline-lane text", stage).textContent });
    lane.style.cssText = "top: 0; width: 100%; height: 100%";
    const lanes = make("div", { className: "timeline-lanes", role: "listbox", ariaLabel: "The lanes of: " + find("title", stage).textContent }, lane);
    stage.append(lanes);
    return lanes;
  };
  const timelines = all(".timeline");
  const wake = once(async () => {
    await Promise.all([look(), script("./timeline.js"), replays && script(replays)]);
    for (const timeline of timelines) awaited.animate(timeline, awaited.runs[timeline.id], (cell) => document.getElementById(cell));
  });
  for (const timeline of timelines) {
    const [button, slider] = awaited.control(timeline, find("svg", timeline).dataset.seconds / 1.02); // MARGIN in svg.py
    const touch = async (then) => {
      try {
        await wake();
        then?.();
      } catch {
        find(".load-failed", timeline)?.remove();
        failed(button, "replay", (words) => slider.after(words));
      }
    };
    button.onclick = () => {
      button.textContent = "Loading …";
      touch(() => button.click());
    };
    slider.oninput = () => touch(() => slider.oninput());
    for (const event of ["mouseover", "focusin"]) timeline.addEventListener(event, () => touch(), { once: true });
    all(".timeline-stage", timeline).forEach(awaited.lanes);
  }
  if (timelines.length) { // a line of code shows its waits
    const hovered = (event) => {
      if (!event.target.closest(".cell-code, .cell-output-stdout")) return;
      removeEventListener("mouseover", hovered);
      wake().catch(() => {});
    };
    addEventListener("mouseover", hovered);
  }

  // ---- a snippet becomes an editor at a click

  const editors = once(async () => {
    const facts = fetch(live).then((answer) => (answer.ok ? answer.json() : Promise.reject()));
    const late = new Promise((_, refuse) => { setTimeout(refuse, 25000); });
    const [told] = await Promise.race([Promise.all([facts, script("./editor.js", "module"), wake()]), late]);
    return awaited.editor(told);
  });
  for (const foot of all("[data-runs]")) {
    const name = "Edit and run", cell = foot.parentElement;
    const button = make("button", { type: "button", className: "edit-run", textContent: name });
    button.addEventListener("click", async () => {
      button.textContent = "Loading …";
      find(".load-failed", cell)?.remove();
      try {
        (await editors())(cell, button);
        button.textContent = name;
      } catch {
        failed(button, "editor", (words) => button.before(words));
      }
    });
    foot.prepend(button, " ");
    if (cell.matches(".playground")) button.click();
  }

  // ---- search: the field; what it finds, and how, is in search.js

  const box = find(".search");
  if (box) {
    const input = find("input", box), list = find("ul", box);
    const close = () => { list.hidden = true; };
    const open = once(async () => {
      await Promise.all([look(), script("./search.js", "module")]);
      return awaited.search(box, input, list);
    });
    const search = async () => {
      const asked = input.value;
      if (asked.trim().length < 2) return close();
      try {
        const show = await open();
        if (input.value === asked) show(asked); // else the reader has typed on
      } catch {
        const words = "The search could not be loaded. ", again = make("button", { type: "button", textContent: "Try again" });
        again.addEventListener("click", () => { input.focus(); search(); });
        list.replaceChildren(make("li", { className: "search-none" }, words, again));
        list.hidden = false;
        say(words);
      }
      return undefined;
    };
    input.addEventListener("focus", () => { open().catch(() => {}); });
    input.addEventListener("input", search);
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      if (list.hidden) input.value = "";
      close();
      input.focus();
    });
    box.addEventListener("focusout", (event) => { if (event.relatedTarget && !box.contains(event.relatedTarget)) close(); });
    addEventListener("pointerdown", (event) => { if (!box.contains(event.target)) close(); });
    addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
      if ((event.key === "/" && !typing) || (event.key === "k" && (event.metaKey || event.ctrlKey))) {
        event.preventDefault();
        input.focus();
        input.select();
      }
    });
  }
})();
