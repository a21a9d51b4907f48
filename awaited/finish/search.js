// The search: an index of words, each with the entries that hold it. Loaded when the field is first used.
// A word finds what begins with it, too; one that finds nothing finds words that are spelt nearly so.

const { make, all, say, site } = awaited;
const FIELDS = [12, 5, 2, 1]; // what a word weighs in a snippet's label, its section's heading, the title, the text
const SMALL = new Set("a an and are as at be by can do does for from how i in is it my of on or that the to what when why with you".split(" "));
const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) || [];

// How many letters were added, left out, changed or swapped; `limit + 1` for more than `limit` (Damerau and Levenshtein).
const distance = (one, other, limit) => {
  if (Math.abs(one.length - other.length) > limit) return limit + 1;
  let before = [], last = [...Array(other.length + 1).keys()];
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      row[j] = Math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (one[i - 1] !== other[j - 1]));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    if (Math.min(...row) > limit) return limit + 1;
    [before, last] = [last, row];
  }
  return last.at(-1);
};

// Loads the index; gives a function from what was typed to the entries that fit, the best first.
const open = async () => {
  const answer = await fetch(site + "search.json");
  if (!answer.ok) throw new Error(answer.status);
  const entries = await answer.json(); // [address, title, section, text, label]
  const index = new Map();
  entries.forEach(([, title, section, text, label], entry) => {
    [label, section, title, text].forEach((field, place) => {
      const words = wordsOf(field);
      for (const word of words) {
        if (!index.has(word)) index.set(word, new Map());
        const holders = index.get(word), weight = FIELDS[place] / (place < 3 ? Math.sqrt(words.length) : 1);
        const shares = holders.get(entry) || [0, 0, 0, 0];
        // a second mention in the text says less than the first
        shares[place] = place < 3 ? weight : shares[3] + weight / (1 + shares[3]);
        holders.set(entry, shares);
      }
    });
  });

  const alike = (word) => { // words of the index that a typed one may mean, with how much they count
    const known = [...index.keys()];
    const begun = known.filter((other) => other.startsWith(word)).map((other) => [other, other === word ? 1 : 0.7 * word.length / other.length]);
    if (begun.length) return begun;
    const stem = word.replace(/(ing|ed|es|s)$/, ""), limit = word.length > 7 ? 2 : word.length > 3 ? 1 : 0;
    return known.filter((other) => (stem.length > 3 && other.startsWith(stem)) || distance(word, other, limit) <= limit)
      .map((other) => [other, 0.4]);
  };

  return (asked) => {
    const words = wordsOf(asked), phrase = words.join(" ");
    const large = words.filter((word) => !SMALL.has(word));
    const found = new Map(); // the sum, how many words that matter, and which words of the index
    for (const word of new Set(words)) {
      const matters = !large.length || !SMALL.has(word), best = new Map();
      for (const [other, share] of alike(word)) {
        const holders = index.get(other), rarity = Math.log(1 + entries.length / holders.size) * (matters ? 1 : 0.2);
        for (const [entry, shares] of holders) {
          const worth = share * rarity * shares.reduce((sum, weight) => sum + weight);
          const [most, others] = best.get(entry) || [0, []];
          best.set(entry, [Math.max(most, worth), [...others, other]]);
        }
      }
      for (const [entry, [worth, others]] of best) {
        const [sum, count, all] = found.get(entry) || [0, 0, []];
        found.set(entry, [sum + worth, count + matters, matters ? [...all, ...others] : all]);
      }
    }
    const wanted = Math.max(0, ...[...found.values()].map(([, count]) => count));
    const ranked = [...found].filter(([, [, count]]) => count && count >= wanted / 2).map(([entry, [sum, count, all]]) => {
      const [, title, section, , label] = entries[entry];
      const named = [label, section, title].map((name) => wordsOf(name).join(" "));
      const bonus = named.includes(phrase) ? 3 : named.some((name) => name.includes(phrase)) ? 1.5 : 1;
      return { entry: entries[entry], words: all, score: sum * bonus * (count / wanted) ** 3 };
    });
    return ranked.sort((one, other) => other.score - one.score);
  };
};

// ---- what it finds, as a list of links under the field

const excerpt = (text, words) => {
  const pattern = new RegExp("(?<![\\p{L}\\p{N}])(" + words.join("|") + ")(?![\\p{L}\\p{N}])", "iu"); // words of the index
  const at = Math.max(0, text.search(pattern)), start = at < 50 ? 0 : text.indexOf(" ", at - 40) + 1;
  const part = text.slice(start, start + 160).replace(/\s+\S*$/, "") + (text.length > start + 160 ? " …" : "");
  const pieces = part.split(new RegExp(pattern.source, "giu"));
  return [start ? "… " : "", ...pieces.map((piece, place) => (place % 2 ? make("mark", { textContent: piece }) : piece))];
};

// Gives a function that shows what is found for some words.
awaited.search = async (box, input, list) => {
  const find = await open();
  box.addEventListener("keydown", (event) => {
    const links = list.hidden ? [] : all("a", list), here = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && links.length) {
      event.preventDefault();
      (links[here + step] || input).focus();
    } else if (event.key === "Enter" && here < 0 && event.target === input) {
      event.preventDefault();
      links[0]?.click();
    }
  });
  list.addEventListener("click", (event) => { if (event.target.closest("a")) list.hidden = true; });
  return (asked) => {
    const found = find(asked).slice(0, 12);
    list.replaceChildren(...found.map(({ entry: [address, title, section, text, label], words }) => make("li", {},
      make("a", { href: site + address },
        make("strong", { textContent: label || section || title }),
        label || section ? make("span", { textContent: label && section ? `${section} · ${title}` : title }) : "",
        make("small", {}, ...excerpt(text, words))))));
    list.className = "search-found";
    list.hidden = false;
    list.scrollTop = 0;
    const count = found.length > 1 ? found.length + " results" : found.length ? "1 result" : "Nothing found";
    if (!found.length) list.append(make("li", { className: "search-none", textContent: count }));
    say(count);
  };
};
