"use strict";
// Everything is in the page: no request but for the thumbnails that come into view.
const data = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const codes = Object.keys(data.languages);
const editions = data.editions.map(([brief, session, revision, verdict, met, of, flags, said]) =>
  ({ brief, session, revision, verdict, met, of, flags, said }));
const CHUNK = 16, SIZE = editions.length;
const state = { q: "", brief: "", year: "", language: codes[0] };
let fitting = [], shown = 0, month = "", cards = null;

// Search: the words of all editions in order, and for each a set of editions, one bit an edition.
const words = data.vocabulary ? data.vocabulary.split(" ") : [];
let sets = null;
function unpack() {
  if (sets) return;
  const bytes = Uint8Array.from(atob(data.postings), one => one.charCodeAt(0));
  let place = 0;
  const next = () => { let value = 0, shift = 0, byte; do { byte = bytes[place++]; value += (byte & 127) * 2 ** shift; shift += 7; } while (byte > 127); return value; };
  sets = words.map(() => {
    const head = next(), without = head & 1, set = new Uint32Array((SIZE + 31) >> 5);
    if (without) set.fill(0xffffffff);
    for (let left = head >> 1, number = 0; left > 0; left--) { number += next(); set[number >> 5] ^= 1 << (number & 31); }
    return set;
  });
}
const plain = text => text.normalize("NFC").toLowerCase().replace(/ё/g, "е");
function beginningWith(start) {
  let low = 0, high = words.length;
  while (low < high) { const middle = (low + high) >> 1; if (words[middle] < start) low = middle + 1; else high = middle; }
  const union = new Uint32Array((SIZE + 31) >> 5);
  for (; low < words.length && words[low].startsWith(start); low++) sets[low].forEach((bits, n) => { union[n] |= bits; });
  return union;
}
function filter() {
  if (state.q) unpack();
  const terms = plain(state.q).match(/\d{4}-[\d-]*|[\p{L}\p{N}]+/gu) || [];
  const tests = terms.map(term => ({ term, set: beginningWith(term), day: /^\d{4}(-|$)/.test(term) }));
  fitting = editions.filter((one, n) => one.said[state.language]
    && (state.brief === "" || data.briefs[one.brief][0] === state.brief)
    && (state.year === "" || one.session.startsWith(state.year))
    && tests.every(({ term, set, day }) => set[n >> 5] >>> (n & 31) & 1 || day && one.session.startsWith(term)));
}

function file(one, code, kind) {
  const brief = data.briefs[one.brief][0];
  return `${brief}/${one.session.slice(0, 4)}/${one.session}-r${one.revision}/${brief}-${one.session}-${code}.${kind}`;
}
function link(text, href, lang) {
  const made = document.createElement("a");
  made.textContent = text; made.href = href;
  if (lang) { made.lang = lang; made.hreflang = lang; }
  return made;
}
function card(one) {
  const language = data.languages[state.language], labels = language.labels;
  const [title, standfirst, kinds] = one.said[state.language];
  const made = at("card").content.firstElementChild.cloneNode(true), part = name => made.querySelector(name);
  const page = file(one, state.language, kinds.includes("h") ? "html" : "pdf");
  part(".series").textContent = data.briefs[one.brief][1][state.language];
  part("time").textContent = language.days[one.session];
  part("time").dateTime = one.session;
  const tags = [one.flags & 2 && labels.simulated, one.flags & 1 && labels.incomplete, one.revision && labels.revision.replace("{n}", one.revision)];
  for (const text of tags) if (text) {
    const tag = document.createElement("span");
    tag.className = "tag"; tag.textContent = text;
    part(".meta").append(tag);
  }
  part("h3 a").textContent = data.texts[title];
  part("h3 a").href = part(".sheet").href = page;
  part(".standfirst").textContent = data.texts[standfirst];
  if (kinds.includes("s")) part("img").src = file(one, state.language, "svg"); else part("img").remove();
  if (one.of) {
    part(".dots").textContent = "●".repeat(one.met) + "○".repeat(one.of - one.met);
    part(".words").textContent = `${labels["verdict_" + one.verdict]}, ${labels.marks.replace("{met}", one.met).replace("{of}", one.of)}`;
  } else part(".verdict").remove();
  const links = part(".links");
  if (kinds.includes("h") && kinds.includes("p")) links.append(link(labels.pdf, file(one, state.language, "pdf")));
  for (const code of codes) if (code !== state.language && one.said[code])
    links.append(link(data.languages[code].own_name, file(one, code, one.said[code][2].includes("h") ? "html" : "pdf"), code));
  links.append(link(labels.facts, page.replace(/[^/]*$/, "facts.json")));
  return made;
}
function grow() {
  for (const one of fitting.slice(shown, shown + CHUNK)) {
    if (one.session.slice(0, 7) !== month) {
      month = one.session.slice(0, 7);
      const heading = document.createElement("h2");
      heading.className = "month"; heading.textContent = data.languages[state.language].months[month];
      cards = document.createElement("ol");
      cards.className = "cards";
      at("list").append(heading, cards);
    }
    cards.append(card(one));
  }
  shown = Math.min(shown + CHUNK, fitting.length);
  at("more").hidden = shown >= fitting.length;
}
function show() {
  filter();
  const language = data.languages[state.language];
  at("list").replaceChildren();
  shown = 0; month = "";
  grow();
  at("none").hidden = fitting.length > 0;
  const number = fitting.length, form = number <= 100 ? number : number % 100;
  const all = state.q === "" && state.brief === "" && state.year === "";
  at("found").textContent = all ? "" : `${number.toLocaleString(state.language)} ${language.counts[form]}`;
}
function speak() {
  const language = data.languages[state.language], labels = language.labels;
  document.documentElement.lang = state.language;
  document.title = document.title.replace(/^[^—]*/, labels.title + " ");
  for (const one of document.querySelectorAll("[data-label]")) one.textContent = labels[one.dataset.label];
  at("summary").textContent = language.summary;
  at("search").placeholder = labels.hint;
  const years = [...new Set(editions.map(one => one.session.slice(0, 4)))];
  at("brief").replaceChildren(new Option(labels.all_briefs, ""), ...data.briefs.map(([name, titles]) => new Option(titles[state.language], name)));
  at("year").replaceChildren(new Option(labels.all_years, ""), ...years.map(year => new Option(year, year)));
  at("brief").value = state.brief; at("year").value = state.year;
  for (const one of document.querySelectorAll("#language button")) one.setAttribute("aria-pressed", one.value === state.language);
}
function remember() {
  const kept = new URLSearchParams(Object.entries(state).filter(([key, value]) => value !== "" && !(key === "language" && value === codes[0])));
  history.replaceState(null, "", "#" + kept);
}
function recall() {
  const kept = new URLSearchParams(location.hash.slice(1));
  state.q = kept.get("q") || "";
  state.brief = data.briefs.some(([name]) => name === kept.get("brief")) ? kept.get("brief") : "";
  state.year = editions.some(one => one.session.slice(0, 4) === kept.get("year")) ? kept.get("year") : "";
  if (codes.includes(kept.get("language"))) state.language = kept.get("language");
  at("search").value = state.q;
}
function set(key, value) { state[key] = value; remember(); if (key === "language") speak(); show(); }

at("search").addEventListener("input", () => set("q", at("search").value));
at("brief").addEventListener("change", () => set("brief", at("brief").value));
at("year").addEventListener("change", () => set("year", at("year").value));
for (const one of document.querySelectorAll("#language button")) one.addEventListener("click", () => set("language", one.value));
document.querySelector("#tools form").addEventListener("submit", event => event.preventDefault());
at("more").firstElementChild.addEventListener("click", grow);
addEventListener("hashchange", () => { recall(); speak(); show(); });
addEventListener("keydown", event => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/^(INPUT|SELECT)$/.test(event.target.tagName)) { event.preventDefault(); at("search").focus(); }
});
new IntersectionObserver(seen => { if (seen.some(one => one.isIntersecting) && shown < fitting.length) grow(); }, { rootMargin: "600px" }).observe(at("more"));
at("tools").hidden = false;
recall(); speak(); show();
(window.requestIdleCallback || setTimeout)(unpack);
