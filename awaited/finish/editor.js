// An editor in the place of a snippet, and what its code prints and does. Loaded at a reader's first click.
// Python runs in a worker (live/). What a worker sends is shown as text; of its timeline passes only what `copied` lets through.

const { make, find, all, say, site } = awaited;

// ---- highlighting, in the hues that the page gives its own code

const VALUES = /^(?:False|None|True)$/;
const KEYWORDS = /^(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)$/;
const SOFT = /(?:match|case)\b(?![ \t]*(?:[:,;=^&|@~)\]}]|(?:and|as|else|for|if|in|is|or)\b))(?:[ \t]+_\b)?/y;
const TOKEN = /(#.*)|([bfurt]|[bft]r|r[bft])?("""|'''|["'])|(0[xbo][\da-f_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d+)?j?)|[\p{L}_][\p{L}\p{N}_]*|[^]/iuy;

// The tokens of a piece of Python, as pairs of a kind and a text.
const tokens = (code) => {
  const found = [];
  let at = 0;
  const put = (kind, text) => { found.push([kind, text]); at += text.length; };
  const matched = (pattern) => { pattern.lastIndex = at; return pattern.exec(code); };
  const expression = (end) => { // in an f-string, from behind its brace
    for (let depth = 0, here; (here = code[at]) && here !== end;) {
      if (!depth && here === "}") return put("st", here);
      if (!depth && (here === ":" || (here === "!" && code[at + 1] !== "="))) {
        for (; (here = code[at]) && here !== "}" && here !== end;) {
          put("st", here);
          if (here === "{") expression(end);
        }
      } else {
        depth += "([{".includes(here) - ")]}".includes(here);
        token();
      }
    }
    return null;
  };
  const string = (isFormatted, quote) => {
    const end = quote[1] ? "" : "\n"; // what ends one that its quote does not
    for (let here; (here = code[at]) && here !== end;) {
      if (code.startsWith(quote, at)) return put("st", quote);
      put("st", matched(/\\N\{[^}]*\}|\\[^]|\{\{|[^\\"'{\n]+|[^]/y)[0]);
      if (isFormatted && here === "{" && found.at(-1)[1] === here) expression(end);
    }
    return null;
  };
  const token = () => {
    const soft = /(?:^|\n)[ \t]*$/.test(code.slice(Math.max(0, at - 80), at)) && matched(SOFT);
    if (soft) return put("kw", soft[0]);
    const [text, comment, prefix = "", quote, number] = matched(TOKEN);
    put(comment ? "co" : quote ? "st" : number ? "dv" : VALUES.test(text) ? "cn" : KEYWORDS.test(text) ? "kw" : "", text);
    return quote && string(/[ft]/i.test(prefix), quote);
  };
  while (at < code.length) token();
  return found;
};

// ---- the Pythons: one that is ready or getting ready; each run takes it, and leaves it used up

const SILENCE = 25000; // milliseconds without a word from one that is being loaded, after which it is given up

const pythons = (address, tell) => {
  let spare = null, failures = 0;
  const begin = () => {
    const worker = new Worker(address + (failures ? "?retry=" + failures : ""), { type: "module" }), python = { worker };
    python.ready = new Promise((settle) => { // whether it is
      let watch;
      const fail = (why) => {
        clearTimeout(watch);
        worker.terminate();
        if (spare === python) spare = null;
        failures += 1;
        tell(`Python could not be loaded: ${why}. `, null, true);
        settle();
      };
      const wait = () => {
        clearTimeout(watch);
        watch = setTimeout(fail, SILENCE, "nothing has come for 25 seconds");
      };
      worker.onerror = (event) => { event.preventDefault(); fail("a file is missing or broken"); };
      worker.onmessage = ({ data: { type, what, loaded, total, why, python: version } }) => {
        wait();
        if (type === "failed") fail(why);
        else if (type === "progress") tell(loaded < total ? `Loading ${what}: ${(loaded / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB` : "Starting Python …", loaded / total);
        else {
          clearTimeout(watch);
          tell(`Python ${version} is ready, in your browser`);
          settle(true);
        }
      };
      wait();
    });
    return python;
  };
  const prepare = () => { spare ??= begin(); };
  return {
    prepare,
    take: () => {
      prepare();
      const taken = spare;
      spare = null;
      return taken;
    },
    leave: (python) => { // used, or not needed after all
      if (python.began || spare) python.worker.terminate();
      else spare = python;
      prepare();
    },
    dismiss: () => { spare = spare?.worker.terminate(); },
  };
};

// ---- the timeline that a worker has drawn: known elements with known attributes, and nothing else

const ELEMENTS = /^(?:div|p|strong|span|details|summary|table|caption|t(?:head|body|r|h|d)|svg|title|desc|g|rect|path|text)$/;
const ATTRIBUTES = /^(?:role|scope|hidden|width|height|x|y|d|viewBox|preserveAspectRatio|text-anchor|data-(?:seconds|lane|depth)|aria-hidden)$/;
const NAMES = /^(?:id|aria-(?:labelled|described)by)$/;

const copied = (node, prefix) => {
  if (node.nodeType === 3) return node.data;
  const isData = node.matches?.("script.timeline-data"); // JSON for the replay: words, and no script any more
  if (!isData && !ELEMENTS.test(node.localName)) return "";
  const copy = document.createElementNS(node.namespaceURI, isData ? "span" : node.localName);
  copy.toggleAttribute("hidden", isData);
  for (const { name, value } of node.attributes) {
    if (ATTRIBUTES.test(name)) copy.setAttribute(name, value);
    else if (NAMES.test(name)) copy.setAttribute(name, prefix + value);
    else if (name === "class") copy.setAttribute(name, value.match(/\btimeline[\w-]*/g)?.join(" "));
  }
  copy.append(...[...node.childNodes].map((child) => copied(child, prefix)));
  return copy;
};

// ---- what a run printed, against what the page shows

const difference = (here, there, varies) => { // the number of the first line that differs; 0 for none
  const bare = (line = "") => varies.reduce((text, pattern) => text.replace(new RegExp(pattern, "g"), "…"), line)
    .replace(/\d+(?:\.\d+)?(?= ?s\b)/g, "…"); // durations, as in awaited/prove/compare.py
  const [ours, theirs] = [here, there].map((text) => text.trimEnd().split("\n"));
  return [...ours, ...theirs].findIndex((_, place) => bare(ours[place]) !== bare(theirs[place])) + 1;
};

// ---- the editor

awaited.editor = (facts) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("./editor.css"); // the build puts the file's text in the place of its name
  document.adoptedStyleSheets.push(sheet);
  const opened = new Set(), editors = new Map(); // the open editors, as what tells them how far Python is; all, by cell
  let news = [], drawn = 0;
  const pool = pythons(site + facts.worker, (...told) => {
    news = told;
    for (const hear of opened) hear();
  });

  const button = (textContent, onclick, more) => make("button", { type: "button", className: "copy-script", textContent, onclick, ...more });

  // The text with its colours: a textarea, whose own letters cannot be seen, over the same letters in colour.
  const surface = (value, ariaLabel, ariaDescription) => {
    const code = make("code", { className: "sourceCode python" });
    const area = make("textarea", { value, ariaLabel, ariaDescription, spellcheck: false, autocapitalize: "off", rows: 1 });
    const paint = () => {
      const parts = area.value.length > 30000 ? [["", area.value]] : tokens(area.value);
      code.replaceChildren(...parts.map(([className, textContent]) => (className ? make("span", { className, textContent }) : textContent)), "\n");
    };
    const type = (text) => document.execCommand(text ? "insertText" : "delete", false, text); // so that it can be undone
    const from = (place) => area.value.lastIndexOf("\n", place - 1) + 1;
    const shift = (pattern, by) => { // the lines of the selection, which stay selected
      const { selectionStart, selectionEnd, value: text } = area, first = from(selectionStart);
      const part = text.slice(first, selectionEnd), moved = part.replace(pattern, by) || by;
      if (moved === part) return;
      area.setSelectionRange(first, selectionEnd);
      type(moved);
      if (selectionStart < selectionEnd) area.selectionStart = first;
    };
    area.addEventListener("keydown", (event) => {
      const { key, altKey, isComposing } = event, withCtrl = (event.ctrlKey || event.metaKey) && !altKey; // AltGr is Ctrl and Alt
      if (isComposing) return;
      if (withCtrl && key === "]") shift(/^(?=.)/gm, "    ");
      else if (withCtrl && key === "[") shift(/^ {1,4}/gm, "");
      else if (key === "Enter" && !withCtrl && !altKey) {
        const line = area.value.slice(from(area.selectionStart), area.selectionStart);
        type("\n" + line.match(/^[ \t]*/)[0] + (/:[ \t]*(#.*)?$/.test(line) ? "    " : ""));
      } else return;
      event.preventDefault();
    });
    area.addEventListener("input", paint);
    area.setSelectionRange(0, 0);
    paint();
    const pre = make("pre", { className: "sourceCode python cell-code", translate: false, ariaHidden: true }, code);
    return [area, make("div", { className: "live-code" }, pre, area), (text) => {
      area.focus();
      area.select();
      type(text);
      area.setSelectionRange(0, 0);
    }];
  };

  const edit = (cell, opener) => {
    const isFree = cell.matches(".playground"), label = cell.id.replace(/^cell-/, "");
    const { prelude, program = true, varies = [] } = facts.snippets?.[label] || {};
    const shown = find(".code-copy-outer-scaffold", cell), original = shown ? find("code", shown).textContent.trimEnd() : "";
    const onPage = all(".cell-output-stdout code", cell).map((node) => node.textContent).join("\n");
    const storage = `code ${location.pathname}#${label}`;
    const kept = (act) => { try { return act(localStorage); } catch { return null; } }; // null where a browser keeps nothing
    const keys = "Ctrl+Enter runs, Ctrl+] indents" + (isFree ? "" : ", Esc closes");
    const [area, surfaced, replace] = surface(kept((store) => store.getItem(storage)) ?? original, `Code of ${label}`, keys);
    const status = make("div", { className: "live-status" }), note = make("div", { className: "live-note" });
    const bar = make("progress", { ariaLabel: "Loading Python", hidden: true }), results = make("div", { className: "live-results" });

    let running = null, ran = null, clock; // the Python that runs, the code that ran last
    const show = (words, isNews) => {
      status.replaceChildren(words);
      if (isNews) say(words);
    };
    const hear = () => { // how far Python is, unless a run has more to tell
      const [words = "Loading Python …", part, hasFailed] = news;
      if (running?.began || (ran !== null && !running && !hasFailed)) return;
      bar.hidden = part === undefined || hasFailed;
      bar.value = part || 0;
      show(words, hasFailed);
      if (hasFailed) status.append(button("Retry", running ? run : prepare));
    };
    const prepare = () => {
      if (news[2]) news = [];
      opened.add(hear);
      pool.prepare();
      hear();
    };
    const end = () => {
      if (running) pool.leave(running);
      running = null;
      clearInterval(clock);
      stopButton.disabled = true;
    };
    const box = (kind, ...parts) => results.append(make("div", { className: `cell-output cell-output-${kind} live-output` }, ...parts));
    const text = (kind, words) => {
      const code = make("code", {}, words);
      box(kind, make("pre", { translate: false, tabIndex: 0 }, code));
      return { code, all: "", full: 0 };
    };
    const print = (printed, stream, words) => { // in parts: what is laid out anew is the last one, and a new one costs more
      const into = (printed[stream] ??= text(stream, ""));
      if (into.all.length >= into.full && /^$|\n$/.test(into.all)) {
        into.code.append(into.part = make("span", { className: "live-part" }));
        into.full = into.all.length + 16000;
      }
      into.part.append(words);
      into.all += words;
    };
    const done = ({ outcome, error, seconds, figure }, printed) => {
      end();
      const line = difference(printed.stdout?.all || "", onPage, varies);
      const compared = line ? ` Line ${line} of the output is not as on this page.` : " Same as on this page, times aside.";
      show(`${outcome === "finished" ? "Finished in" : "Ended after"} ${seconds.toFixed(seconds < 1 ? 2 : 1)} s.${ran === original && !isFree ? compared : ""}`, true);
      const script = find("a[data-script]", cell);
      if (outcome === "raised") text("error", error);
      else if (error) box("trouble", error, ...(outcome === "unavailable" && script ? [" Run it on your machine: ", make("a", { href: script.href }, script.text)] : []));
      const drawing = figure && find(".timeline", new DOMParser().parseFromString(figure, "text/html"));
      if (!drawing) return;
      const timeline = copied(drawing, `live-${drawn += 1}-`);
      box("display", timeline);
      awaited.animate(timeline, JSON.parse(find(".timeline-data", timeline).textContent), (name) => (name !== label ? document.getElementById(name) : area.value === ran ? root : null));
    };
    const run = async () => {
      end();
      ran = null;
      prepare();
      ran = area.value;
      results.replaceChildren();
      stopButton.disabled = false;
      const python = running = pool.take(), printed = {};
      say("Running");
      const isReady = await python.ready;
      if (running !== python) return;
      if (!isReady) return end(running = null);
      const from = performance.now(), seconds = () => (performance.now() - from) / 1000;
      python.began = bar.hidden = true;
      clock = setInterval(() => {
        show(`Running … ${seconds().toFixed(1)} s`);
        if (seconds() > 3) pool.prepare(); // not before: it would disturb the times of a short run
      }, 100);
      python.worker.onmessage = ({ data }) => {
        if (running !== python) return;
        if (data.type === "printed") print(printed, data.stream, data.text);
        else done(data, printed);
      };
      python.worker.postMessage({ type: "run", label, code: ran, prelude, program, until: awaited.until(label) });
    };
    const stop = () => {
      runButton.focus();
      end();
      show("Stopped.", true);
    };
    const close = () => {
      end();
      opened.delete(hear);
      if (!opened.size) pool.dismiss();
      root.hidden = true;
      shown.hidden = opener.hidden = false;
      opener.focus();
    };
    const open = () => {
      root.hidden = false;
      shown.hidden = opener.hidden = true;
      prepare();
      (matchMedia("(pointer: coarse)").matches ? runButton : area).focus({ preventScroll: true }); // a keyboard would cover half the screen
    };

    const runButton = button("Run", run, { className: "edit-run" }), stopButton = button("Stop", stop, { disabled: true });
    const reset = button(isFree ? "Clear" : "Reset", () => replace(original));
    const tools = make("div", { className: "live-tools" }, ...(isFree ? [menu(replace, show)] : []), runButton, stopButton, reset, ...(isFree ? [] : [button("Close", close)]), make("span", {}, keys));
    const root = make("div", { className: "live" }, surfaced, tools, bar, status, note, results);
    const edited = () => {
      const isOriginal = area.value === original;
      const isKept = kept((store) => (isOriginal ? store.removeItem(storage) : store.setItem(storage, area.value))) !== null;
      reset.disabled = isOriginal;
      note.textContent = isOriginal ? "" : `${isKept ? "Kept on this device, and nowhere else" : "This browser keeps nothing"}. ${reset.textContent} throws it away.`;
    };
    area.addEventListener("input", edited);
    root.addEventListener("keydown", (event) => {
      if (event.isComposing || event.altKey) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
      else if (event.key === "Escape" && !isFree && !results.contains(event.target)) close();
      else return;
      event.preventDefault();
    });
    edited();
    if (isFree) {
      root.addEventListener("input", prepare, { once: true });
      opener.hidden = true;
      cell.prepend(root);
      return null;
    }
    shown.after(root);
    return open;
  };

  // The examples of all articles: their scripts, which need nothing of a page.
  const menu = (replace, show) => {
    const groups = facts.examples.map(([label, scripts]) => make("optgroup", { label }, ...scripts.map(([name, path]) => make("option", { value: path }, name))));
    const choice = make("select", { ariaLabel: "Examples" }, make("option", { value: "" }, "Choose an example …"), ...groups);
    choice.addEventListener("change", async () => {
      const answer = await fetch(site + choice.value).catch(() => 0);
      if (answer.ok) replace(await answer.text());
      else show("It could not be loaded.", true);
      choice.value = "";
    });
    return choice;
  };

  return (cell, opener) => {
    if (!editors.has(cell)) editors.set(cell, edit(cell, opener));
    editors.get(cell)?.();
  };
};
