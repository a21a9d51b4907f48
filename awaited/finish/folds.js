// What folds: callouts, and tabs. Loaded where there are any.
(() => {
  "use strict";
  const { find, all, decoded } = awaited;

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
})();
