"use strict";
// The newest editions are in the page; those of a year of a brief, a volume, in a file that is loaded when it is asked for.
const data = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const codes = Object.keys(data.languages);
const titles = new Map(data.briefs.map(([brief, of]) => [brief, of]));
const volumes = data.briefs.flatMap(([brief, , years]) => Object.entries(years).map(([year, count]) => ({ brief, year, count, editions: [] })));
const years = [...new Set(volumes.map(one => one.year))].sort().reverse();
const newest = data.newest.map(one => made(...one));
const CHUNK = 16, AT_ONCE = 32, SIZE = volumes.reduce((sum, one) => sum + one.count, 0);
const state = { q: "", brief: "", year: "", language: codes[0] };
let fitting = [], left = [], shown = 0, month = "", cards = null, turn = 0, going = null;

function made(brief, name, one) {
  return { ...one, brief, session: name.slice(0, 10), revision: Number(name.slice(12)), number: -1, volume: null };
}
function archive(content) {
  const volume = volumes.find(one => one.brief === content.brief && one.year === String(content.year));
  const places = new Map(Object.keys(content.editions).map((name, number) => [name, number]));
  volume.size = places.size;
  volume.words = content.vocabulary ? content.vocabulary.split(" ") : [];
  volume.postings = content.postings;
  volume.editions = content.shown.map(name => ({ ...made(content.brief, name, content.editions[name]), number: places.get(name), volume }));
}
function load(volume) {
  return volume.loading ||= new Promise(done => {
    const script = document.createElement("script");
    script.src = `${volume.brief}/${volume.year}/catalogue.js?${volume.count}`;
    script.onload = script.onerror = () => { script.remove(); done(); };
    document.head.append(script);
  });
}

// Search: the words of a volume in order, and for each a set of editions, one bit an edition.
// Only where each set begins is found out beforehand: most are never asked for.
function unpack(volume) {
  const text = atob(volume.postings), bytes = new Uint8Array(text.length), starts = new Uint32Array(volume.words.length);
  for (let n = 0; n < bytes.length; n++) bytes[n] = text.charCodeAt(n);
  let place = 0;
  for (let word = 0; word < starts.length; word++) {
    starts[word] = place;
    let more = number(bytes, place) >> 1;
    do while (bytes[place++] > 127); while (more-- > 0);
  }
  return { bytes, starts };
}
function number(bytes, place) {
  let value = 0, shift = 0, byte;
  do { byte = bytes[place++]; value += (byte & 127) * 2 ** shift; shift += 7; } while (byte > 127);
  return value;
}
function editionsWith(volume, word, set) {
  const { bytes, starts } = volume.sets;
  let place = starts[word];
  const head = number(bytes, place), without = head & 1;
  set.fill(without ? 0xffffffff : 0);
  for (let more = head >> 1, edition = 0; more > 0; more--) {
    while (bytes[place++] > 127);
    edition += number(bytes, place);
    set[edition >> 5] ^= 1 << (edition & 31);
  }
}
const plain = text => text.normalize("NFC").toLowerCase().replace(/ё/g, "е");
function beginningWith(volume, start) {
  const { words } = volume, union = new Uint32Array((volume.size + 31) >> 5), set = union.slice();
  volume.sets ||= unpack(volume);
  let low = 0, high = words.length;
  while (low < high) { const middle = (low + high) >> 1; if (words[middle] < start) low = middle + 1; else high = middle; }
  for (; low < words.length && words[low].startsWith(start); low++) {
    editionsWith(volume, low, set);
    for (let n = 0; n < set.length; n++) union[n] |= set[n];
  }
  return union;
}
const spoken = one => one.said[state.language];
function fittingOf(volume) {
  const terms = plain(state.q).match(/\d{4}-[\d-]*|[\p{L}\p{N}]+/gu) || [];
  const tests = terms.map(term => ({ term, set: beginningWith(volume, term), day: /^\d{4}(-|$)/.test(term) }));
  return volume.editions.filter(one => spoken(one)
    && tests.every(({ term, set, day }) => set[one.number >> 5] >>> (one.number & 31) & 1 || day && one.session.startsWith(term)));
}
// One year more: its editions come after all that are there, as each year is older than those before it.
async function further() {
  const mine = turn, year = left.shift();
  const wanted = volumes.filter(one => one.year === year && (state.brief === "" || one.brief === state.brief));
  for (let n = 0; n < wanted.length; n += AT_ONCE) await Promise.all(wanted.slice(n, n + AT_ONCE).map(load));
  if (mine !== turn) return;
  const known = new Set(fitting.map(path));
  const found = wanted.flatMap(fittingOf).filter(one => !known.has(path(one)));
  fitting.push(...found.sort((a, b) => a.session < b.session ? 1 : a.session > b.session ? -1 : a.brief < b.brief ? -1 : 1));
}

const path = one => `${one.brief}/${one.session.slice(0, 4)}/${one.session}-r${one.revision}`;
const file = (one, code, kind) => `${path(one)}/${one.brief}-${one.session}-${code}.${kind}`;
const has = (one, code, kind) => one.said[code].files.includes(kind);
function inWords(patterns, day) {
  return patterns[Number(day.slice(5, 7)) - 1].replace("{d}", Number(day.slice(8, 10))).replace("{y}", day.slice(0, 4));
}
function link(text, href, lang) {
  const made = document.createElement("a");
  made.textContent = text; made.href = href;
  if (lang) { made.lang = lang; made.hreflang = lang; }
  return made;
}
function card(one) {
  const language = data.languages[state.language], labels = language.labels;
  const { title, standfirst } = one.said[state.language];
  const made = at("card").content.firstElementChild.cloneNode(true), part = name => made.querySelector(name);
  const page = file(one, state.language, has(one, state.language, "html") ? "html" : "pdf");
  part(".series").textContent = titles.get(one.brief)[state.language];
  part("time").textContent = inWords(language.days, one.session);
  part("time").dateTime = one.session;
  const tags = [one.source === "simulated" && labels.simulated, one.quality !== "ok" && labels.incomplete, one.revision && labels.revision.replace("{n}", one.revision)];
  for (const text of tags) if (text) {
    const tag = document.createElement("span");
    tag.className = "tag"; tag.textContent = text;
    part(".meta").append(tag);
  }
  part("h3 a").textContent = title;
  part("h3 a").href = part(".sheet").href = page;
  part(".standfirst").textContent = standfirst;
  if (has(one, state.language, "svg")) part("img").src = file(one, state.language, "svg"); else part("img").remove();
  if (one.of) {
    part(".dots").textContent = "●".repeat(one.met) + "○".repeat(one.of - one.met);
    part(".words").textContent = `${labels["verdict_" + one.verdict]}, ${labels.marks.replace("{met}", one.met).replace("{of}", one.of)}`;
  } else part(".verdict").remove();
  const links = part(".links");
  if (has(one, state.language, "html") && has(one, state.language, "pdf")) links.append(link(labels.pdf, file(one, state.language, "pdf")));
  for (const code of codes) if (code !== state.language && one.said[code])
    links.append(link(data.languages[code].own_name, file(one, code, has(one, code, "html") ? "html" : "pdf"), code));
  links.append(link(labels.facts, page.replace(/[^/]*$/, "facts.json")));
  return made;
}
function grow() {
  for (const one of fitting.slice(shown, shown + CHUNK)) {
    if (one.session.slice(0, 7) !== month) {
      month = one.session.slice(0, 7);
      const heading = document.createElement("h2");
      heading.className = "month"; heading.textContent = inWords(data.languages[state.language].months, month);
      cards = document.createElement("ol");
      cards.className = "cards";
      at("list").append(heading, cards);
    }
    cards.append(card(one));
  }
  shown = Math.min(shown + CHUNK, fitting.length);
  at("more").hidden = shown >= fitting.length && left.length === 0;
}
async function more() {
  if (going === turn) return;
  const mine = going = turn;
  while (mine === turn && shown + CHUNK > fitting.length && left.length) await further();
  if (mine !== turn) return;
  going = null;
  grow();
}
async function show() {
  const mine = ++turn, all = state.q === "" && state.brief === "" && state.year === "";
  fitting = all ? newest.filter(spoken) : [];
  left = all && newest.length >= SIZE ? [] : years.filter(year => state.year === "" || year === state.year);
  shown = 0; month = "";
  at("list").replaceChildren();
  at("found").textContent = "";
  at("none").hidden = true;
  grow();
  if (all && fitting.length) return;
  going = mine;
  at("list").setAttribute("aria-busy", "true");
  while (left.length) {
    await further();
    if (mine !== turn) return;
    if (shown < CHUNK) grow();
  }
  going = null;
  at("more").hidden = shown >= fitting.length;
  at("list").removeAttribute("aria-busy");
  at("none").hidden = fitting.length > 0;
  const number = fitting.length, form = number <= 100 ? number : number % 100;
  if (!all) at("found").textContent = `${number.toLocaleString(state.language)} ${data.languages[state.language].counts[form]}`;
}
function speak() {
  const language = data.languages[state.language], labels = language.labels;
  document.documentElement.lang = state.language;
  document.title = document.title.replace(/^[^—]*/, labels.title + " ");
  for (const one of document.querySelectorAll("[data-label]")) one.textContent = labels[one.dataset.label];
  at("summary").textContent = language.summary;
  at("search").placeholder = labels.hint;
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
  state.brief = titles.has(kept.get("brief")) ? kept.get("brief") : "";
  state.year = years.includes(kept.get("year")) ? kept.get("year") : "";
  if (codes.includes(kept.get("language"))) state.language = kept.get("language");
  at("search").value = state.q;
}
function set(key, value) { state[key] = value; remember(); if (key === "language") speak(); show(); }

at("search").addEventListener("input", () => set("q", at("search").value));
at("brief").addEventListener("change", () => set("brief", at("brief").value));
at("year").addEventListener("change", () => set("year", at("year").value));
for (const one of document.querySelectorAll("#language button")) one.addEventListener("click", () => set("language", one.value));
document.querySelector("#tools form").addEventListener("submit", event => event.preventDefault());
at("more").firstElementChild.addEventListener("click", more);
addEventListener("hashchange", () => { recall(); speak(); show(); });
addEventListener("keydown", event => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/^(INPUT|SELECT)$/.test(event.target.tagName)) { event.preventDefault(); at("search").focus(); }
});
new IntersectionObserver(seen => { if (seen.some(one => one.isIntersecting)) more(); }, { rootMargin: "600px" }).observe(at("more"));
at("tools").hidden = false;
// What a search will ask for, newest first: a little of it whenever nothing else is to be done, more of it at a click.
const wanted = [...volumes].sort((a, b) => a.year < b.year ? 1 : a.year > b.year ? -1 : 0).slice(0, 200);
const idle = window.requestIdleCallback || (run => setTimeout(run, 50));
async function prepare() {
  for (const volume of wanted.slice(0, 48)) {
    await load(volume);
    await new Promise(idle);
    volume.sets ||= volume.words && unpack(volume);
  }
}
at("search").addEventListener("focus", () => wanted.forEach(load), { once: true });
recall(); speak(); show().then(prepare);
