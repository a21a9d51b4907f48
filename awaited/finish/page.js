// All that a page of the site does by itself: theme, menu, table of contents, copying, search, listings.
// Each part looks for its elements and does nothing where they are missing. Without JavaScript nothing is lost but them.
(() => {
  "use strict";
  const root = document.documentElement;
  const site = document.currentScript.dataset.site;
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

  // ---- folded callouts

  for (const header of all(".callout-header[data-bs-target]")) {
    const content = find(header.dataset.bsTarget);
    const set = (open) => {
      content.classList.toggle("show", open);
      header.setAttribute("aria-expanded", String(open));
    };
    header.tabIndex = 0;
    header.setAttribute("role", "button");
    header.addEventListener("click", () => set(header.getAttribute("aria-expanded") !== "true"));
    header.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      header.click();
    });
  }

  // ---- tabs, as the ARIA Authoring Practices have them: arrow keys move, and what is reached is shown

  const shows = new Map();
  for (const list of all(".panel-tabset [role=tablist]")) {
    const tabs = all("[role=tab]", list);
    const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
    const show = (chosen) => {
      for (const tab of tabs) {
        tab.setAttribute("aria-selected", String(tab === chosen));
        tab.tabIndex = tab === chosen ? 0 : -1;
        for (const node of [tab, panelOf(tab)]) node.classList.toggle("active", tab === chosen);
      }
    };
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (!tab) return;
      event.preventDefault();
      show(tab);
    });
    list.addEventListener("keydown", (event) => {
      const here = tabs.indexOf(event.target);
      const there = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: -1 }[event.key];
      if (here < 0 || there === undefined) return;
      event.preventDefault();
      const tab = tabs.at(there % tabs.length);
      show(tab);
      tab.focus();
    });
    for (const tab of tabs) shows.set(panelOf(tab), () => show(tab));
    show(tabs.find((tab) => tab.classList.contains("active")) || tabs[0]);
  }
  const reveal = () => { // what a link leads to may be in a panel that is not shown
    const target = document.getElementById(decoded(location.hash.slice(1)));
    for (let panel = target?.closest(".tab-pane"); panel; panel = panel.parentElement.closest(".tab-pane")) shows.get(panel)?.();
    if (target?.closest(".tab-pane")) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

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
      const script = fetch(link.dataset.script).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)));
      copy(button, script, "Script copied");
    });
    link.after(" ", button);
  }

  // ---- timelines: the times of a lane under the pointer or the focus; the run once more, at its own pace

  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const chooseLanes = (view, name) => {
    const sentence = find(".timeline-sentence", view), said = sentence.textContent;
    const lanes = make("div", { className: "timeline-lanes" });
    lanes.setAttribute("role", "listbox");
    lanes.setAttribute("aria-label", "The lanes of: " + name);
    const options = all(".timeline-lane", view).map((lane, place) => {
      const band = find("rect", lane), option = make("span", { tabIndex: place ? -1 : 0 });
      option.setAttribute("role", "option");
      option.setAttribute("aria-label", find("title", lane).textContent);
      option.style.top = band.getAttribute("y") + "px";
      option.style.height = band.getAttribute("height") + "px";
      return option;
    });
    const choose = (chosen) => {
      for (const option of options) option.setAttribute("aria-selected", String(option === chosen));
      sentence.textContent = chosen ? chosen.getAttribute("aria-label") : said;
    };
    options.forEach((option, place) => {
      option.addEventListener("mouseenter", () => choose(option));
      option.addEventListener("mouseleave", () => choose(options.find((other) => other === document.activeElement)));
      option.addEventListener("focus", () => {
        for (const other of options) other.tabIndex = other === option ? 0 : -1;
        choose(option);
      });
      option.addEventListener("blur", () => choose());
      option.addEventListener("keydown", (event) => {
        const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: options.length - 1 }[event.key];
        if (!options[to]) return;
        event.preventDefault();
        options[to].focus();
      });
    });
    choose();
    lanes.append(...options);
    view.append(lanes);
  };
  const player = (view, run) => {
    const picture = find("svg", view), bands = all(".timeline-lane rect", view);
    const marker = make("div", { className: "timeline-marker" });
    const lines = run.lines.map(([time, , text]) => [time, make("span", { textContent: text })]);
    const top = Number(bands[0].getAttribute("y")), last = bands.at(-1);
    marker.style.top = top + "px";
    marker.style.height = Number(last.getAttribute("y")) + Number(last.getAttribute("height")) - top + "px";
    return (now) => {
      if (!marker.parentNode) view.append(marker, make("pre", { className: "timeline-replay" }, ...lines.map(([, line]) => line)));
      marker.style.left = 100 * Math.min(now, run.seconds) / picture.dataset.seconds + "%";
      for (const [time, line] of lines) line.classList.toggle("timeline-later", time > now);
    };
  };
  for (const timeline of all(".timeline")) {
    const runs = JSON.parse(find(".timeline-data", timeline).textContent);
    const views = all(".timeline-view", timeline);
    views.forEach((view) => chooseLanes(view, find("title", view).textContent));
    const players = views.map((view, place) => player(view, runs[place]));
    const end = Math.max(...runs.map((run) => run.seconds));
    const happened = [0, end, ...runs.flatMap((run) => [...run.lines.map(([time]) => time), ...run.lanes.map((lane) => lane[2])])];
    const slower = end < 1 ? Math.ceil(2 / end) : 1; // else the shortest runs were over before they were seen
    const replay = "Replay" + (slower > 1 ? `, ${slower} times slower` : "");
    const button = make("button", { type: "button", textContent: replay });
    const slider = make("input", { type: "range", min: 0, max: end, step: "any", value: 0 });
    const shown = make("output", {});
    slider.setAttribute("aria-label", "Time in the run");
    let playing = 0; // when the run would have begun, on the clock of the animation frames
    const show = (now) => {
      const said = now.toFixed(end < 1 ? 2 : 1) + " s";
      slider.value = now;
      slider.setAttribute("aria-valuetext", said);
      shown.textContent = said;
      for (const play of players) play(now);
    };
    const pause = () => { playing = 0; button.textContent = replay; };
    const step = (clock) => {
      if (!playing) return;
      const now = Math.min((clock - playing) / 1000 / slower, end);
      show(calm.matches ? Math.max(...happened.filter((time) => time <= now)) : now); // calm: from event to event
      if (now < end) requestAnimationFrame(step);
      else pause();
    };
    button.addEventListener("click", () => {
      if (playing) return pause();
      const from = Number(slider.value) < end ? Number(slider.value) : 0;
      button.textContent = "Pause";
      playing = performance.now() - 1000 * slower * from;
      return requestAnimationFrame(step);
    });
    slider.addEventListener("input", () => { pause(); show(Number(slider.value)); });
    slider.addEventListener("keydown", (event) => { // a step of "any" leaves the arrow keys without one
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      pause();
      show(Math.min(Math.max(Number(slider.value) + way * end / 40, 0), end));
    });
    const controls = make("div", { className: "timeline-controls" }, button, slider, shown);
    find(".timeline-pictures", timeline).after(controls);
  }

  // ---- search: the field, and what it finds as a list of links; search.js and the index are loaded on first use

  const box = find(".search");
  if (box) {
    const input = find("input", box), list = find("ul", box);
    let engine = null, tries = 0;
    const load = () => (engine ??= import("./search.js?" + tries).then((search) => search.open(site + "search.json")));
    const excerpt = (text, words) => {
      const pattern = new RegExp("(?<![\\p{L}\\p{N}])(" + words.join("|") + ")(?![\\p{L}\\p{N}])", "iu"); // words of the index
      const at = Math.max(0, text.search(pattern)), start = at < 50 ? 0 : text.indexOf(" ", at - 40) + 1;
      const part = text.slice(start, start + 160).replace(/\s+\S*$/, "") + (text.length > start + 160 ? " …" : "");
      const pieces = part.split(new RegExp(pattern.source, "giu"));
      return [start ? "… " : "", ...pieces.map((piece, place) => (place % 2 ? make("mark", { textContent: piece }) : piece))];
    };
    const close = () => { list.hidden = true; };
    const tell = (text, ...more) => {
      list.replaceChildren(make("li", { className: "search-none" }, text, ...more));
      list.hidden = false;
      say(text);
    };
    const failed = () => {
      engine = null;
      tries += 1; // else a browser may remember that the script was not there
      const again = make("button", { type: "button", textContent: "Try again" });
      again.addEventListener("click", () => { input.focus(); search(); });
      tell("The search could not be loaded. ", again);
    };
    const search = async () => {
      const asked = input.value;
      if (asked.trim().length < 2) return close();
      let found;
      try { found = (await load())(asked); } catch { return failed(); }
      if (input.value !== asked) return undefined; // the reader has typed on
      if (!found.length) return tell("Nothing found");
      list.replaceChildren(...found.slice(0, 12).map(({ entry: [address, title, section, text, label], words }) => make("li", {},
        make("a", { href: site + address },
          make("strong", { textContent: label || section || title }),
          label || section ? make("span", { textContent: label && section ? `${section} · ${title}` : title }) : "",
          make("small", {}, ...excerpt(text, words))))));
      list.hidden = false;
      list.scrollTop = 0;
      say(found.length === 1 ? "1 result" : Math.min(found.length, 12) + " results");
      return undefined;
    };
    input.addEventListener("focus", () => { load().catch(() => { engine = null; tries += 1; }); });
    input.addEventListener("input", search);
    box.addEventListener("keydown", (event) => {
      const links = list.hidden ? [] : all("a", list), here = links.indexOf(document.activeElement);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") {
        if (list.hidden) input.value = "";
        close();
        input.focus();
      } else if (step && links.length) {
        event.preventDefault();
        (links[here + step] || input).focus();
      } else if (event.key === "Enter" && here < 0 && event.target === input) {
        event.preventDefault();
        links[0]?.click();
      }
    });
    list.addEventListener("click", (event) => { if (event.target.closest("a")) close(); });
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

  // ---- a listing: categories (in the address, so that they can be linked to), sorting, filter

  const listing = find(".quarto-listing .list");
  if (listing) {
    const cards = all(".post-card", listing), report = find(".listing-status");
    const sort = find(".listing-sort"), filter = find(".listing-filter");
    const chosen = () => decoded((location.hash.match(/^#category=(.*)$/) || [])[1] || "");
    const title = (card) => find(".listing-title", card).textContent.toLowerCase();
    const refresh = (event) => {
      const category = chosen();
      if (category) find(".listing-tools").hidden = false;
      const words = filter.value.toLowerCase().trim();
      const [key, way] = sort.value.split(":");
      const value = key === "title" ? title : (card) => card.dataset[key] || "~";
      const order = (one, other) => value(one).localeCompare(value(other)) * (way === "asc" ? 1 : -1);
      listing.append(...[...cards].sort(order));
      let shown = 0;
      for (const card of cards) {
        const fits = (!category || JSON.parse(card.dataset.categories).includes(category))
          && card.textContent.toLowerCase().includes(words);
        card.hidden = !fits;
        shown += fits;
      }
      for (const button of all(".categories button")) {
        button.setAttribute("aria-pressed", String(button.dataset.category === category));
      }
      const found = `${shown} of ${cards.length} articles`;
      report.textContent = event && shown < cards.length ? found : shown ? "" : found;
    };
    for (const button of all(".categories button")) {
      button.addEventListener("click", () => {
        const name = button.dataset.category;
        history.replaceState(null, "", name ? "#category=" + encodeURIComponent(name) : location.pathname);
        refresh(true);
      });
    }
    sort.addEventListener("change", refresh);
    filter.addEventListener("input", refresh);
    addEventListener("hashchange", refresh);
    refresh();
  }
})();
