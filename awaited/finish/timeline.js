// The replay of timelines, and what is under the pointer or the focus: in words, in the code and in the output. Loaded when
// a reader first touches a timeline, together with what each run of the page did (replays.py).
(() => {
  "use strict";
  const { make, find, all } = awaited;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const put = (name, top, left, width, height, node = make("span", { className: name })) => {
    Object.assign(node.style, { top: top + "px", left: left + "%", width: width + "%", height: height + "px" });
    return node;
  };
  // A run's home is the element with its code and its output.
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
  const ROW = 44; // the height of a lane, as in svg.py
  const topOf = (lane) => Number(find("text", lane).getAttribute("y")) - 15;
  const choosable = (view, run, printed, homeOf) => {
    const said = find(".timeline-said", view), words = said.textContent, picture = find("svg", view);
    const stage = find(".timeline-stage", view), lanes = find(".timeline-lanes", stage) || awaited.lanes(stage), options = [];
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
      if (options.push(option) > 1) lanes.append(node);
    };
    const part = 100 / picture.dataset.seconds;
    all(".timeline-lane", view).forEach((group, lane) => {
      const name = find("text", group).textContent, top = topOf(group);
      add(lane, put("", top, 0, 100, ROW, lane ? undefined : lanes.firstChild), { isLane: true, words: run.words?.[lane] || find("title", group).textContent });
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
    choose(focused() || options.find(({ node }) => node.matches(":hover"))); // what was touched before all this was there
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
    const picture = find("svg", view), tops = all(".timeline-lane", view).map(topOf), said = find(".timeline-said", view);
    const marker = put("timeline-marker", tops[0], 0, 0, tops.at(-1) + ROW - tops[0]);
    return (now) => {
      if (!marker.parentNode) find(".timeline-stage", view).append(marker);
      marker.style.left = 100 * Math.min(now, run.seconds) / picture.dataset.seconds + "%";
      printed.forEach((span, place) => span.classList.toggle("timeline-later", run.lines[place][0] > now));
      const line = run.lines.filter(([time]) => time <= now).at(-1);
      hold(said, true);
      if (line) said.textContent = `${line[0].toFixed(2)} s: ${line[2].trim()}`;
    };
  };
  awaited.until = (cell) => { // where the axis ends on which the page shows a run, in seconds
    const runs = Object.values(awaited.runs).find((one) => one.some((run) => run.cell === cell));
    return runs && Math.max(...runs.map((run) => run.seconds));
  };
  awaited.animate = (timeline, runs, homeOf) => {
    const views = all(".timeline-view", timeline), printed = runs.map((run) => split(run, homeOf(run.cell)));
    follow(views.map((view, place) => choosable(view, runs[place], printed[place], homeOf)), homeOf);
    const players = views.map((view, place) => player(view, runs[place], printed[place]));
    const end = Math.max(...runs.map((run) => run.seconds));
    if (!find(".timeline-controls", timeline)) awaited.control(timeline, end);
    const [button, speed, shown, slider] = find(".timeline-controls", timeline).children;
    find(".load-failed", timeline)?.remove();
    slider.max = end;
    const happened = [0, end, ...runs.flatMap((run) => [...run.lanes.map((lane) => lane[1]), ...[...run.moments, ...run.lines.map(([time]) => [0, time])].map(([, time]) => time)])];
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
    button.onclick = () => {
      if (before) return pause();
      if (now >= end) now = 0;
      button.textContent = "Pause";
      before = performance.now();
      return requestAnimationFrame(step);
    };
    slider.oninput = () => { pause(); show(Number(slider.value)); };
    slider.addEventListener("keydown", (event) => { // a step of "any" leaves the arrow keys without one
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      pause();
      show(Math.min(Math.max(now + way * end / 40, 0), end));
    });
    pause();
  };
})();
