// A listing: categories (in the address, so that they can be linked to), sorting, filter. Loaded where there is one.
(() => {
  "use strict";
  const { find, all, decoded } = awaited;
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
