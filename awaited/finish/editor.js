// An editor in the place of a snippet, and what its code prints and does. Loaded at a reader's first click.
// Python runs in a worker (live/). What a worker sends is shown as text; of its timeline passes only what `copied` lets through.

// ---- highlighting, in the hues that the page gives its own code

const KINDS = new Map();
for (const [kind, words] of Object.entries({
  cn: "False None True",
  kw: "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield",
})) for (const word of words.split(" ")) KINDS.set(word, kind);
const TOKEN = new RegExp([
  /(?<co>#.*)/,
  /(?<prefix>[bfurt]|[bft]r|r[bft])?(?<quote>"""|'''|["'])/,
  /(?<dv>0x[\da-f_]+|0b[01_]+|0o[0-7_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d+)?j?)/,
  /(?<word>[\p{L}_][\p{L}\p{N}_]*)/,
  /[^]/,
].map((pattern) => pattern.source).join("|"), "iuy");
const SOFT = /(?:match|case)\b(?![ \t]*(?:[:,;=^&|@~)\]}]|(?:and|as|else|for|if|in|is|or)\b))(?:[ \t]+_\b)?/y;

// The tokens of a piece of Python, as pairs of a kind and a text.
const tokens = (code) => {
  const found = [];
  let at = 0;
  const put = (kind, text) => { found.push([kind, text]); at += text.length; };
  const matched = (pattern) => { pattern.lastIndex = at; return pattern.exec(code); };
  const expression = (isShort) => { // in an f-string, from behind its brace
    for (let depth = 0; at < code.length && !(isShort && code[at] === "\n");) {
      const here = code[at];
      if (!depth && here === "}") return put("st", here);
      if (!depth && (here === ":" || (here === "!" && code[at + 1] !== "="))) {
        put("st", here);
        while (at < code.length && code[at] !== "}" && code[at] !== "\n") {
          if (code[at] !== "{") put("st", code[at]);
          else { put("st", "{"); expression(isShort); }
        }
      } else {
        depth += "([{".includes(here) - ")]}".includes(here);
        token();
      }
    }
    return undefined;
  };
  const string = (prefix, quote) => {
    put("st", prefix + quote);
    while (at < code.length) {
      if (code.startsWith(quote, at)) return put("st", quote);
      if (quote.length === 1 && code[at] === "\n") return undefined;
      if (/[ft]/i.test(prefix) && code[at] === "{" && code[at + 1] !== "{") {
        put("st", "{");
        expression(quote.length === 1);
      } else put("st", matched(/\\N\{[^}]*\}|\\[^]|\{\{|[^\\"'{\n]+|[^]/y)[0]);
    }
    return undefined;
  };
  const token = () => {
    const isFirst = /(?:^|\n)[ \t]*$/.test(code.slice(Math.max(0, at - 80), at));
    const soft = isFirst && matched(SOFT);
    if (soft) return put("kw", soft[0]);
    const { 0: text, groups: { co, prefix = "", quote, dv } } = matched(TOKEN);
    if (quote) return string(prefix, quote);
    return put(co ? "co" : dv ? "dv" : KINDS.get(text) || "", text);
  };
  while (at < code.length) token();
  return found;
};

// ---- the Pythons: one that is ready or getting ready, for each run takes one for itself

const SILENCE = 25000; // milliseconds without a word from one that is being loaded, after which it is given up

const pythons = (address, tell) => {
  let spare = null, failures = 0;
  const begin = () => {
    const worker = new Worker(address + (failures ? "?retry=" + failures : ""), { type: "module" }), python = { worker };
    python.ready = new Promise((settle, refuse) => {
      let watch = 0;
      const fail = (why) => {
        clearTimeout(watch);
        worker.terminate();
        if (spare === python) spare = null;
        failures += 1;
        tell({ failed: why });
        refuse(new Error(why));
      };
      const wait = () => {
        clearTimeout(watch);
        watch = setTimeout(fail, SILENCE, "Nothing has arrived for 25 seconds.");
      };
      worker.onerror = (event) => { event.preventDefault(); fail("One of its files is missing or broken."); };
      worker.onmessage = ({ data }) => {
        wait();
        if (data.type === "failed") fail(data.why);
        else if (data.type === "progress") tell({ what: data.what, loaded: data.loaded, total: data.total });
        else if (data.type === "ready") {
          clearTimeout(watch);
          tell({ version: data.python });
          settle();
        }
      };
      wait();
    });
    python.ready.catch(() => {}); // whoever waits for it hears of it
    return python;
  };
  return {
    prepare: () => { spare ??= begin(); },
    take: () => {
      const taken = spare || begin();
      spare = null;
      return taken;
    },
    giveBack: (python) => { // one that was not needed
      if (spare) python.worker.terminate();
      else spare = python;
    },
    dismiss: () => {
      spare?.worker.terminate();
      spare = null;
    },
  };
};

// ---- the timeline that a worker has drawn: known elements with known attributes, and nothing else

const ELEMENTS = new Set("div p strong span details summary table caption thead tbody tr th td svg title desc g rect path text".split(" "));
const ATTRIBUTES = new Set("role scope hidden width height x y d viewBox preserveAspectRatio text-anchor data-seconds data-lane aria-hidden".split(" "));
const NAMES = new Set(["id", "aria-labelledby", "aria-describedby"]);
const SPACES = new Set(["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"]);

const copied = (node, prefix) => {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches(".timeline-thumbnail")) return "";
  const isData = node.matches("script.timeline-data"); // JSON for the replay: words, and no script any more
  if (!isData && !(ELEMENTS.has(node.localName) && SPACES.has(node.namespaceURI))) return "";
  const copy = isData ? document.createElement("span") : document.createElementNS(node.namespaceURI, node.localName);
  copy.toggleAttribute("hidden", isData);
  for (const { name, value } of node.attributes) {
    if (ATTRIBUTES.has(name)) copy.setAttribute(name, value);
    else if (NAMES.has(name)) copy.setAttribute(name, prefix + value);
    else if (name === "class") copy.setAttribute(name, value.split(" ").filter((one) => one.startsWith("timeline")).join(" "));
  }
  copy.append(...[...node.childNodes].map((child) => copied(child, prefix)));
  return copy;
};

// ---- what a reader has written: kept on this device, and nowhere else

const memory = new Map(); // for a window in which nothing can be kept
const kept = (name) => {
  try { return localStorage.getItem(name) ?? memory.get(name); } catch { return memory.get(name); }
};
const keep = (name, code) => { // nothing for what is to be thrown away; whether that will last
  memory.set(name, code);
  try {
    if (code === undefined) localStorage.removeItem(name);
    else localStorage.setItem(name, code);
    return true;
  } catch { return false; }
};

// ---- what a run printed, against what the page shows

const DURATION = /\d+(?:\.\d+)?(?= ?s\b)/g; // as in awaited/prove/compare.py

const different = (here, there, varies) => { // the first line that differs, in words
  const bare = (line) => varies.reduce((text, pattern) => text.replace(new RegExp(pattern, "g"), "…"), line || "").replace(DURATION, "…");
  const [ours, theirs] = [here, there].map((text) => text.trimEnd().split("\n"));
  const at = Array.from({ length: Math.max(ours.length, theirs.length) }).findIndex((_, place) => bare(ours[place]) !== bare(theirs[place]));
  if (at < 0) return "";
  const said = (lines) => (lines[at] === undefined ? "nothing" : `“${lines[at]}”`);
  return `Line ${at + 1} differs: ${said(ours)} here, ${said(theirs)} on this page.`;
};

// ---- the editor

const KEYS = "Ctrl+Enter runs, Ctrl+] indents, Ctrl+[ takes that back, Esc closes";
const MEGABYTE = 1048576;
const CHUNK = 16000; // characters of output that are laid out together

export const start = async (site, address, { make, find, all, say, animate }) => {
  const load = async (file) => {
    const answer = await fetch(file);
    if (!answer.ok) throw new Error(answer.status);
    return answer;
  };
  const style = () => new Promise((settle, refuse) => {
    const link = make("link", { rel: "stylesheet", href: new URL("./editor.css", import.meta.url), onload: settle });
    link.onerror = () => { link.remove(); refuse(); };
    document.head.append(link);
  });
  const [facts] = await Promise.all([load(address).then((answer) => answer.json()), style()]);

  const opened = new Set(); // of each open editor, what tells it how far Python is
  let state = {}, drawn = 0;
  const pool = pythons(site + facts.worker, (news) => {
    state = news;
    for (const hear of opened) hear();
  });

  const secondsOnPage = (label) => { // how long the run is that the page draws
    for (const data of all(".timeline-data").map((node) => JSON.parse(node.textContent))) {
      if (data.some((run) => run.cell === label)) return Math.max(...data.map((run) => run.seconds));
    }
    return 0;
  };
  const figure = (html, home) => {
    const parsed = new DOMParser().parseFromString(html, "text/html").querySelector(".timeline");
    if (!parsed) return [];
    const timeline = copied(parsed, `live-${drawn += 1}-`);
    for (const table of all("table", timeline)) {
      const box = make("div", { className: "table-box", tabIndex: 0 });
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", find("caption", table)?.textContent || "Times");
      table.replaceWith(box);
      box.append(table);
    }
    try { animate(timeline, home); } catch { /* it is seen without a replay */ }
    return [timeline];
  };

  // The text with its colours: a textarea, whose own letters cannot be seen, over the same letters in colour.
  const surface = (text, name) => {
    const code = make("code", { className: "sourceCode python" });
    const pre = make("pre", { className: "sourceCode python cell-code", translate: false }, code);
    const area = make("textarea", { value: text, spellcheck: false, autocapitalize: "off", autocomplete: "off", wrap: "off", placeholder: "# Write some Python" });
    pre.setAttribute("aria-hidden", "true");
    area.setAttribute("aria-label", name);
    area.setAttribute("autocorrect", "off");
    const paint = () => {
      const parts = area.value.length > 30000 ? [["", area.value]] : tokens(area.value);
      code.replaceChildren(...parts.map(([kind, part]) => (kind ? make("span", { className: kind, textContent: part }) : part)), "\n");
    };
    const type = (words) => { // so that it can be undone
      if (!document.execCommand(words ? "insertText" : "delete", false, words)) {
        area.setRangeText(words, area.selectionStart, area.selectionEnd, "end");
        area.dispatchEvent(new Event("input"));
      }
    };
    const lineStart = (place) => area.value.lastIndexOf("\n", place - 1) + 1;
    const shift = (change) => { // the lines of the selection
      const { selectionStart, selectionEnd, value } = area, first = lineStart(selectionStart);
      const end = value.indexOf("\n", Math.max(selectionEnd - (selectionEnd > selectionStart), first));
      area.setSelectionRange(first, end < 0 ? value.length : end);
      const lines = value.slice(first, end < 0 ? value.length : end), moved = lines.split("\n").map(change).join("\n");
      if (moved !== lines) type(moved);
      if (selectionStart === selectionEnd) area.setSelectionRange(...Array(2).fill(Math.max(first, selectionEnd + moved.length - lines.length)));
      else area.setSelectionRange(first, first + moved.length);
    };
    area.addEventListener("keydown", (event) => {
      const { key } = event, withCtrl = (event.ctrlKey || event.metaKey) && !event.altKey; // AltGr is Ctrl and Alt
      if (event.isComposing) return;
      if (withCtrl && key === "]") shift((line) => line && "    " + line);
      else if (withCtrl && key === "[") shift((line) => line.replace(/^ {1,4}/, ""));
      else if (key === "Enter" && !withCtrl && !event.shiftKey && !event.altKey) {
        const line = area.value.slice(lineStart(area.selectionStart), area.selectionStart);
        type("\n" + line.match(/^[ \t]*/)[0] + (/:[ \t]*(#.*)?$/.test(line) ? "    " : ""));
      } else return;
      event.preventDefault();
    });
    const replace = (words) => {
      area.focus();
      area.select();
      type(words);
      area.setSelectionRange(0, 0);
    };
    area.addEventListener("input", paint);
    paint();
    return { area, replace, node: make("div", { className: "live-code" }, pre, area) };
  };

  // Where output goes: a box for each stream, made when something is printed to it.
  const printer = (place) => {
    const streams = {};
    const box = (stream) => {
      const code = make("code"), pre = make("pre", { translate: false, tabIndex: 0 }, code);
      place.append(make("div", { className: `cell-output cell-output-${stream} live-output` }, pre));
      return { code, pre, chunk: null, text: "" };
    };
    return {
      print: (stream, text) => {
        const into = (streams[stream] ??= box(stream)), { pre, code } = into;
        const follows = pre.scrollTop + pre.clientHeight > pre.scrollHeight - 40;
        if (!into.chunk || (into.chunk.textContent.length > CHUNK && into.text.endsWith("\n"))) {
          code.append(into.chunk = make("span", { className: "live-chunk" }));
        }
        into.chunk.append(text);
        into.text += text;
        if (follows) pre.scrollTop = pre.scrollHeight;
      },
      text: (stream) => streams[stream]?.text || "",
    };
  };

  return (cell, opener) => {
    if (find(".live", cell)) return;
    const isFree = cell.matches(".playground"), label = cell.id.replace(/^cell-/, "");
    const { prelude, program, varies } = facts.snippets?.[label] || { prelude: "", varies: [] };
    const shown = find(".code-copy-outer-scaffold", cell), foot = find(".cell-script", cell);
    const original = shown ? find("code", shown).textContent.replace(/\n$/, "") : "";
    const onPage = ["stdout", "error"].map((kind) => all(`.cell-output-${kind} code`, cell).map((node) => node.textContent).join("\n"));
    const storage = `code ${location.pathname}#${label}`;
    const { area, replace, node } = surface(kept(storage) ?? original, isFree ? "Code" : `Code of ${label}`);

    const button = (name, act, rest) => {
      const made = make("button", { type: "button", textContent: name, ...rest });
      made.addEventListener("click", act);
      return made;
    };
    const status = make("div", { className: "live-status" }), bar = make("progress", { max: 1, hidden: true });
    const note = make("div", { className: "live-note" }), results = make("div", { className: "live-results" });
    bar.setAttribute("aria-label", "Loading Python");
    const show = (words, ...more) => status.replaceChildren(words, ...more);

    let running = null, ticking = 0, ran = null; // the Python that runs, its clock, the code that ran last
    const hear = () => { // how far Python is, unless a run has more to tell
      if (running?.began || (!running && ran !== null && !state.failed)) return;
      const { what, loaded = 0, total = 0, version, failed } = state;
      bar.hidden = !what;
      bar.value = total ? loaded / total : 0;
      const size = (bytes) => (bytes / MEGABYTE).toFixed(1);
      if (failed) {
        show(`Python could not be loaded. ${failed} `, button("Retry", () => { if (running) run(); else prepare(); }));
        say("Python could not be loaded");
      } else if (version) show(`Python ${version} is ready, in your browser.`);
      else if (what) show(`Loading ${what}: ${size(loaded)} of ${size(total)} MB`);
      else if (opened.has(hear)) show("Loading Python …");
    };
    const prepare = () => {
      if (state.failed) state = {};
      opened.add(hear);
      hear();
      pool.prepare();
    };
    const release = () => {
      clearInterval(ticking);
      const python = running;
      running = null;
      stopButton.disabled = true;
      if (python?.began) python.worker.terminate();
      else if (python) pool.giveBack(python);
      return python;
    };
    const box = (kind, ...parts) => results.append(make("div", { className: `cell-output cell-output-${kind} live-output` }, ...parts));
    const trouble = (words, withScript) => {
      const script = find("a[data-script]", foot);
      box("trouble", make("p", {}, words, ...(withScript && script ? [" Run it on your machine: ", make("a", { href: script.href, textContent: script.textContent }), "."] : [])));
    };
    const OUTCOMES = {
      deadlock: "Every task waits for something that nothing can bring about.",
      cut: "More than 200 kB of output: the rest is left out, and the run has been ended.",
      unavailable: "This is not available in a browser.",
    };
    const done = (result, printed) => {
      release();
      pool.prepare();
      const { outcome, error, seconds } = result, took = `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
      let words = { finished: "Finished in", raised: "Ended with an error after", deadlock: "Stands still after" }[outcome] || "Ended after";
      words += ` ${took}.`;
      if (ran === original && !isFree) {
        const last = (text) => text.trimEnd().split("\n").at(-1);
        const differs = different(printed.text("stdout"), onPage[0], varies)
          || (onPage[1] ? different(last(error), last(onPage[1]), varies) : outcome === "finished" ? "" : "On this page it finished.");
        words += differs ? " " + differs : " Same as on this page, times aside.";
      }
      show(words);
      say(words);
      if (outcome === "raised") box("error", make("pre", { translate: false, tabIndex: 0 }, make("code", { textContent: error })));
      else if (outcome !== "finished") trouble(error || OUTCOMES[outcome], outcome === "unavailable");
      const home = (name) => (name !== label ? document.getElementById(name) : area.value === ran ? root : null);
      const made = result.figure ? figure(result.figure, home) : [];
      if (made.length) box("display", ...made);
    };
    const begin = (python) => {
      const printed = printer(results), from = performance.now();
      python.began = true;
      bar.hidden = true;
      ticking = setInterval(() => {
        const seconds = (performance.now() - from) / 1000;
        show(`Running … ${seconds.toFixed(1)} s`);
        if (seconds > 3) pool.prepare(); // not before: it would disturb the times of a short run
      }, 100);
      python.worker.onerror = () => done({ outcome: "ended", error: "Python has ended unexpectedly.", seconds: (performance.now() - from) / 1000 }, printed);
      python.worker.onmessage = ({ data }) => {
        if (running !== python) return;
        if (data.type === "printed") printed.print(data.stream, data.text);
        else if (data.type === "done") done(data, printed);
      };
      const isProgram = program ?? /^if __name__ == ["']__main__["']/m.test(ran);
      python.worker.postMessage({ type: "run", label, code: ran, prelude, program: isProgram, until: secondsOnPage(label) });
    };
    const run = async () => {
      release();
      if (state.failed) state = {};
      opened.add(hear);
      ran = area.value;
      results.replaceChildren();
      const python = running = pool.take();
      stopButton.disabled = false;
      hear();
      say("Running");
      try { await python.ready; } catch {
        if (running === python) running = null;
        stopButton.disabled = true;
        return;
      }
      if (running === python) begin(python);
    };
    const stop = () => {
      const python = release();
      if (!python) return;
      runButton.focus();
      pool.prepare();
      show("Stopped.");
      say("Stopped");
    };
    const close = () => {
      release();
      opened.delete(hear);
      if (!opened.size) pool.dismiss();
      root.remove();
      shown.hidden = opener.hidden = false;
      opener.focus();
    };

    const runButton = button("Run", run, { className: "live-run" });
    const stopButton = button("Stop", stop, { disabled: true });
    const reset = button(isFree ? "Clear" : "Reset", () => replace(original));
    const tools = make("div", { className: "live-tools" }, runButton, stopButton, reset);
    if (!isFree) tools.append(button("Close", close));
    const keys = make("span", { className: "live-keys", id: `live-keys-${label}`, textContent: isFree ? KEYS.replace(", Esc closes", "") : KEYS });
    area.setAttribute("aria-describedby", keys.id);
    const root = make("div", { className: "live" }, node, tools, bar, status, note, results);
    tools.append(keys);
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", isFree ? "Editor" : `Editor of ${label}`);
    const edited = () => {
      const isOriginal = area.value === original, lasts = keep(storage, isOriginal ? undefined : area.value);
      reset.disabled = isOriginal;
      const where = lasts ? "Kept on this device, and nowhere else" : "Lost when you leave this page: this browser keeps nothing";
      note.textContent = isOriginal ? "" : `${where}. ${reset.textContent} throws it away.`;
      root.classList.toggle("live-stale", ran !== null && ran !== area.value);
    };
    area.addEventListener("input", edited);
    root.addEventListener("keydown", (event) => {
      if (event.isComposing || event.altKey) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
      else if (event.key === "Escape" && !isFree && !event.target.closest(".live-results")) close();
      else return;
      event.preventDefault();
    });

    if (isFree) {
      tools.prepend(menu(replace, show));
      root.addEventListener("input", prepare, { once: true });
      cell.prepend(root);
    } else {
      shown.after(root);
      shown.hidden = true;
      prepare();
      if (matchMedia("(hover: none)").matches) runButton.focus({ preventScroll: true }); // a keyboard would cover half the screen
      else area.focus({ preventScroll: true });
    }
    opener.hidden = true;
    edited();
  };

  // The examples of all articles: their scripts, which need nothing of a page.
  function menu(replace, show) {
    const choice = make("select", {}, make("option", { value: "", textContent: "Choose an example …" }));
    choice.setAttribute("aria-label", "Examples");
    for (const [title, scripts] of facts.examples) {
      choice.append(make("optgroup", { label: title }, ...scripts.map(([name, path]) => make("option", { value: path, textContent: name }))));
    }
    choice.addEventListener("change", async () => {
      const path = choice.value;
      if (!path) return;
      try { replace(await (await load(site + path)).text()); } catch { show("The example could not be loaded."); }
      choice.value = "";
    });
    return choice;
  }
};
