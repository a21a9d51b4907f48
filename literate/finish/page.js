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

  // ---- the table of contents follows the reader

  const entries = all("#TOC a[href^='#']").map((link) => [link, document.getElementById(decodeURIComponent(link.hash.slice(1)))]);
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
    const button = make("button", { type: "button", className: "copy-script", textContent: "Copy as script" });
    button.addEventListener("click", () => {
      const script = fetch(link.href).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)));
      copy(button, script, "Script copied");
    });
    link.after(" ", button);
  }

  // ---- search: every word must be in an entry; titles weigh more than text, and prose that names a word often more

  const box = find(".search");
  if (box) {
    const input = find("input", box), list = find("ul", box);
    let index = null, options = [], current = -1;
    const load = () => (index ??= fetch(site + "search.json").then((answer) => answer.json()).catch(() => []));
    const count = (text, word) => text.split(word).length - 1;
    const score = ([, title, section, text], words) => {
      let sum = 0;
      for (const word of words) {
        const found = 8 * count(title.toLowerCase(), word) + 6 * count(section.toLowerCase(), word)
          + Math.min(5, count(text.toLowerCase(), word));
        if (!found) return 0;
        sum += found;
      }
      return sum;
    };
    const excerpt = (text, words) => {
      const at = Math.max(0, ...words.map((word) => text.toLowerCase().indexOf(word)));
      const start = at < 50 ? 0 : text.indexOf(" ", at - 40) + 1;
      const part = text.slice(start, start + 160).replace(/\s+\S*$/, "") + (text.length > start + 160 ? " …" : "");
      const pattern = new RegExp("(" + words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|") + ")", "i");
      const pieces = part.split(pattern).map((piece, place) => (place % 2 ? make("mark", { textContent: piece }) : piece));
      return [start ? "… " : "", ...pieces];
    };
    const close = () => {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
      current = -1;
    };
    const choose = (place) => {
      current = (place + options.length) % options.length;
      options.forEach((option, at) => option.setAttribute("aria-selected", String(at === current)));
      input.setAttribute("aria-activedescendant", options[current].id);
      options[current].scrollIntoView({ block: "nearest" });
    };
    const search = async () => {
      const asked = input.value;
      const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
      if (asked.trim().length < 2) return close();
      const ranked = (await load()).map((entry) => [score(entry, words), entry]).filter(([sum]) => sum);
      if (input.value !== asked) return undefined; // the reader has typed on
      ranked.sort(([one], [other]) => other - one);
      options = ranked.slice(0, 12).map(([, [address, title, section, text]], place) => {
        const option = make("li", { id: "search-result-" + place },
          make("a", { href: site + address, tabIndex: -1 },
            make("strong", { textContent: section || title }),
            section ? make("span", { textContent: title }) : "",
            make("small", {}, ...excerpt(text, words))));
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        return option;
      });
      list.replaceChildren(...options);
      if (!options.length) list.replaceChildren(make("li", { className: "search-none", textContent: "Nothing found" }));
      if (!options.length) list.firstChild.setAttribute("role", "option");
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      current = -1;
      say(options.length === 1 ? "1 result" : options.length + " results");
      return undefined;
    };
    input.addEventListener("focus", load);
    input.addEventListener("input", search);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { close(); input.value = ""; }
      if (list.hidden || !options.length) return;
      if (event.key === "ArrowDown") { event.preventDefault(); choose(current + 1); }
      if (event.key === "ArrowUp") { event.preventDefault(); choose(current - 1); }
      if (event.key === "Enter") {
        event.preventDefault();
        find("a", options[Math.max(0, current)]).click();
      }
    });
    list.addEventListener("click", () => { close(); input.blur(); });
    box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) setTimeout(close, 150); });
    addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, textarea, select, [contenteditable]");
      if ((event.key === "/" && !typing) || (event.key === "k" && (event.metaKey || event.ctrlKey))) {
        event.preventDefault();
        input.focus();
      }
    });
  }

  // ---- a listing: categories (in the address, so that they can be linked to), sorting, filter

  const listing = find(".quarto-listing .list");
  if (listing) {
    const cards = all(".post-card", listing), report = find(".listing-status");
    const sort = find(".listing-sort"), filter = find(".listing-filter");
    const chosen = () => decodeURIComponent((location.hash.match(/^#category=(.*)$/) || [])[1] || "");
    const title = (card) => find(".listing-title", card).textContent.toLowerCase();
    const refresh = (event) => {
      const category = chosen(), words = filter.value.toLowerCase().trim();
      const [key, way] = sort.value.split(":");
      const value = key === "title" ? title : (card) => card.dataset.date;
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
