// All that a page of the site does by itself: theme, menu, table of contents, copying, search, listings.
// Each part looks for its elements and does nothing where they are missing. Without JavaScript nothing is lost but them.
(() => {
  "use strict";
  const root = document.documentElement;
  const { site, live } = document.currentScript.dataset;
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
      const script = fetch(link.dataset.script).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)));
      copy(button, script, "Script copied");
    });
    link.after(" ", button);
  }

  // ---- timelines: what is under the pointer or the focus, in words, in the code and in the output; and the run once more

  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const put = (name, top, left, width, height) => {
    const node = make("span", { className: name });
    Object.assign(node.style, { top: top + "px", left: left + "%", width: width + "%", height: height + "px" });
    return node;
  };
  const homeOf = (cell) => document.getElementById(cell); // where a run's code and its output are
  const codeOf = (home) => home && find(".cell-code code", home);
  const lineHeight = (code) => parseFloat(getComputedStyle(code).lineHeight);
  const lit = make("span", { className: "timeline-line" }); // lies under a line of code
  const light = (home, line) => {
    lit.remove();
    const code = line && codeOf(home);
    if (!code) return;
    const height = lineHeight(code);
    Object.assign(lit.style, { top: (line - 1) * height + "px", height: height + "px" });
    code.prepend(lit);
  };
  const hold = ({ parentNode: words }, on) => { // what stands there for a while moves nothing below it
    words.style.height = on ? words.style.height || words.getBoundingClientRect().height + "px" : "";
  };
  const choosable = (view, run, printed, homeOf) => {
    const said = find(".timeline-said", view), words = said.textContent, picture = find("svg", view);
    const lanes = make("div", { className: "timeline-lanes" }), options = [];
    lanes.setAttribute("role", "listbox");
    lanes.setAttribute("aria-label", "The lanes of: " + find("title", picture).textContent);
    const choose = (chosen) => {
      hold(said, chosen);
      for (const option of options) option.node.setAttribute("aria-selected", String(option === chosen));
      said.textContent = chosen ? chosen.words : words;
      light(chosen?.cell && homeOf(chosen.cell), chosen?.line);
      printed.forEach((span) => span.classList.toggle("timeline-lit", Boolean(chosen) && chosen.printed === span));
    };
    const focused = () => options.find(({ node }) => node === document.activeElement);
    const add = (lane, node, rest) => {
      const option = { lane, node, ...rest };
      node.setAttribute("role", "option");
      node.setAttribute("aria-label", option.words);
      node.tabIndex = options.length ? -1 : 0;
      node.addEventListener("mouseenter", () => choose(option));
      node.addEventListener("mouseleave", () => choose(focused()));
      node.addEventListener("focus", () => {
        for (const other of options) other.node.tabIndex = other === option ? 0 : -1;
        choose(option);
      });
      node.addEventListener("blur", () => choose());
      node.addEventListener("keydown", (event) => {
        const heads = options.filter((other) => other.isLane), all = options.filter((other) => other.lane === lane);
        const way = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
        const [list, from] = /p|n$/.test(event.key) ? [heads, lane] : [all, all.indexOf(option)];
        const to = { Home: heads[0], End: heads.at(-1) }[event.key] || (way && list[from + way]);
        if (!to) return;
        event.preventDefault();
        to.node.focus();
      });
      options.push(option);
      lanes.append(node);
    };
    const part = 100 / picture.dataset.seconds;
    all(".timeline-lane", view).forEach((group, lane) => {
      const band = find("rect", group), name = find("text", group).textContent;
      const top = Number(band.getAttribute("y")), height = Number(band.getAttribute("height"));
      add(lane, put("", top, 0, 100, height), { isLane: true, words: find("title", group).textContent });
      const moments = run.moments.filter(([owner]) => owner === lane).map(([, start, end, what, cell, line]) => [start, end, {
        words: `${name} ${what}`, cell: cell || run.cell, line,
      }]);
      run.lines.forEach(([time, owner, text], place) => {
        if (owner === lane) moments.push([time, time, { words: `${name} printed at ${time} s: ${text.trim()}`, printed: printed[place] || null }]);
      });
      moments.sort(([one], [other]) => one - other);
      for (const [start, end, rest] of moments) {
        const isMark = "printed" in rest;
        add(lane, put(isMark ? "timeline-mark" : "", top + (isMark ? 32 : 19), part * start, part * (end - start), isMark ? 12 : 16), rest);
      }
    });
    choose();
    find(".timeline-stage", view).append(lanes);
    return options;
  };
  const follow = (views, homeOf) => { // a line of code under the pointer lights up the waits at it, one of the output its mark
    const lightUp = (fits) => views.flat().forEach((option) => option.node.classList.toggle("timeline-lit", fits(option)));
    for (const cell of new Set(views.flat().map((option) => option.cell).filter(Boolean))) {
      const code = codeOf(homeOf(cell));
      if (!code) continue;
      code.addEventListener("mousemove", (event) => {
        const line = Math.ceil((event.clientY - code.getBoundingClientRect().top) / lineHeight(code));
        lightUp((option) => option.cell === cell && option.line === line);
      });
      code.addEventListener("mouseleave", () => lightUp(() => false));
    }
    for (const { printed } of views.flat()) {
      printed?.addEventListener("mouseenter", () => lightUp((option) => option.printed === printed));
      printed?.addEventListener("mouseleave", () => lightUp(() => false));
    }
  };
  const split = (run, home) => { // the output of a cell, a span for each time that something was printed
    const output = home && find(".cell-output-stdout code", home);
    const texts = run.lines.map(([, , text]) => text);
    if (!output || texts.join("").trimEnd() !== output.textContent.trimEnd()) return [];
    const spans = all(".timeline-printed", output);
    if (spans.length) return spans;
    output.replaceChildren(...texts.map((text) => make("span", { className: "timeline-printed", textContent: text })));
    return all(".timeline-printed", output);
  };
  const player = (view, run, printed) => {
    const picture = find("svg", view), bands = all(".timeline-lane rect", view), said = find(".timeline-said", view);
    const top = Number(bands[0].getAttribute("y")), last = bands.at(-1);
    const marker = put("timeline-marker", top, 0, 0, Number(last.getAttribute("y")) + Number(last.getAttribute("height")) - top);
    return (now) => {
      if (!marker.parentNode) find(".timeline-stage", view).append(marker);
      marker.style.left = 100 * Math.min(now, run.seconds) / picture.dataset.seconds + "%";
      printed.forEach((span, place) => span.classList.toggle("timeline-later", run.lines[place][0] > now));
      const line = run.lines.filter(([time]) => time <= now).at(-1);
      hold(said, true);
      if (line) said.textContent = `${line[0].toFixed(2)} s: ${line[2].trim()}`;
    };
  };
  const animate = (timeline, homeOf, lengths) => {
    const runs = JSON.parse(find(".timeline-data", timeline).textContent);
    const views = all(".timeline-view", timeline), printed = runs.map((run) => split(run, homeOf(run.cell)));
    follow(views.map((view, place) => choosable(view, runs[place], printed[place], homeOf)), homeOf);
    const players = views.map((view, place) => player(view, runs[place], printed[place]));
    const end = Math.max(...runs.map((run) => run.seconds));
    for (const { cell } of runs) lengths?.set(cell, lengths.get(cell) ?? end);
    const happened = [0, end, ...runs.flatMap((run) => [...run.lanes.map((lane) => lane[1]), ...[...run.moments, ...run.lines.map(([time]) => [0, time])].map(([, time]) => time)])];
    const factors = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000].filter((factor) => factor === 1 || end * factor <= 20);
    const speed = make("select", {}, ...factors.map((factor) => make("option", { value: factor, textContent: factor > 1 ? factor + "× slower" : "1×" })));
    speed.value = factors.find((factor) => end * factor >= 2) || factors.at(-1); // else the shortest runs were over before they were seen
    speed.setAttribute("aria-label", "Speed");
    const button = make("button", { type: "button", textContent: "Replay" });
    const slider = make("input", { type: "range", min: 0, max: end, step: "any", value: 0 });
    const shown = make("output", { textContent: (0).toFixed(end < 1 ? 2 : 1) + " s" });
    slider.setAttribute("aria-label", "Time in the run");
    let before = 0; // when the last frame was drawn, on the clock of the animation frames, while it plays
    let now = 0;
    const show = (time) => {
      now = time;
      const seen = calm.matches && before ? Math.max(...happened.filter((one) => one <= now)) : now; // calm: from event to event
      const said = seen.toFixed(end < 1 ? 2 : 1) + " s";
      slider.value = seen;
      slider.setAttribute("aria-valuetext", said);
      shown.textContent = said;
      for (const play of players) play(seen);
    };
    const pause = () => { before = 0; button.textContent = "Replay"; };
    const step = (clock) => {
      if (!before) return;
      show(Math.min(now + Math.max(clock - before, 0) / 1000 / speed.value, end));
      before = Math.max(clock, before);
      if (now < end) requestAnimationFrame(step);
      else pause();
    };
    button.addEventListener("click", () => {
      if (before) return pause();
      if (now >= end) now = 0;
      button.textContent = "Pause";
      before = performance.now();
      return requestAnimationFrame(step);
    });
    slider.addEventListener("input", () => { pause(); show(Number(slider.value)); });
    slider.addEventListener("keydown", (event) => { // a step of "any" leaves the arrow keys without one
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      pause();
      show(Math.min(Math.max(now + way * end / 40, 0), end));
    });
    find(".timeline-pictures", timeline).after(make("div", { className: "timeline-controls" }, button, speed, shown, slider));
  };
  const lengths = new Map(); // of the page's own timelines, in seconds, by the label of a run
  for (const timeline of all(".timeline")) animate(timeline, homeOf, lengths);

  // ---- a snippet becomes an editor at a click; what that takes is loaded then

  let editors = null, attempts = 0;
  const load = () => Promise.race([Promise.all([
    import("./editor.js?" + attempts),
    fetch(live).then((answer) => (answer.ok ? answer.json() : Promise.reject())),
  ]), new Promise((_, refuse) => { setTimeout(refuse, 25000); })]);
  const edit = async (cell, button) => {
    button.textContent = "Loading …";
    find(".live-failed", cell)?.remove();
    try {
      editors ??= load().then(([editor, facts]) => editor.start(site, facts, { make, find, all, say, animate, lengths }));
      (await editors)(cell, button);
      button.textContent = "Edit and run";
    } catch {
      editors = null;
      attempts += 1; // else a browser may remember that the script was not there
      button.textContent = "Retry";
      button.before(make("span", { className: "live-failed", textContent: "The editor could not be loaded. " }));
      say("The editor could not be loaded");
    }
  };
  for (const foot of all("[data-runs]")) {
    const button = make("button", { type: "button", className: "edit-run", textContent: "Edit and run" }), cell = foot.parentElement;
    button.addEventListener("click", () => edit(cell, button));
    foot.prepend(button, " ");
    if (cell.matches(".playground")) button.click();
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

  for (const box of all(".quarto-listing")) {
    const listing = find(".list", box), cards = all(".post-card, .listing-row", listing), report = find(".listing-status", box);
    const sort = find(".listing-sort", box), filter = find(".listing-filter", box);
    const chosen = () => decoded((location.hash.match(/^#category=(.*)$/) || [])[1] || "");
    const title = (card) => find(".listing-title", card).textContent.toLowerCase();
    const refresh = (event) => {
      const category = chosen();
      if (category) find(".listing-tools", box).hidden = false;
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
