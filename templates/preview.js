"use strict";
// Asks twice a second whether there is something new; then the frame is fetched again, and every pane keeps its place.
const at = id => document.getElementById(id), all = query => [...document.querySelectorAll(query)];
const { stem } = JSON.parse(at("names").textContent);
const kept = JSON.parse(sessionStorage.getItem("preview") || "{}");
const codes = all("#language button").map(one => one.value);
const state = { language: codes.includes(kept.language) ? kept.language : codes[0], part: kept.part || "html" };
const places = kept.places || {};
let version = null;

function addresses() {
  return { page: `/edition/${stem}-${state.language}.html`, pdf: `/edition/${stem}-${state.language}.pdf`,
    mail: `/mail/${state.language}.${state.part === "txt" ? "txt" : "html"}` };
}
function show() {
  if (!stem) return;
  for (const [name, address] of Object.entries(addresses())) {
    const frame = document.querySelector(`[data-frame=${name}]`);
    document.querySelector(`[data-out=${name}]`).href = address;
    if (frame.getAttribute("src") === address) continue;
    frame.addEventListener("load", () => { if (name !== "pdf") frame.contentWindow.scrollTo(0, places[name + address] || 0); }, { once: true });
    frame.src = address;
  }
  document.querySelector("[data-frame=mail]").classList.toggle("phone", state.part === "phone");
  for (const one of all("#language button")) one.setAttribute("aria-pressed", one.value === state.language);
  for (const one of all("#part button")) one.setAttribute("aria-pressed", one.value === state.part);
  for (const one of all("[data-envelope]")) one.hidden = one.dataset.envelope !== state.language;
}
function keep() {
  if (stem) for (const name of ["page", "mail"])
    places[name + addresses()[name]] = document.querySelector(`[data-frame=${name}]`).contentWindow.scrollY;
  sessionStorage.setItem("preview", JSON.stringify({ ...state, places }));
}
for (const group of ["language", "part"])
  for (const one of all(`#${group} button`)) one.addEventListener("click", () => { keep(); state[group] = one.value; show(); keep(); });
async function ask() {
  try {
    const now = await (await fetch("/version", { cache: "no-store" })).json();
    if (version !== null && now.version !== version && !now.error) { keep(); location.reload(); return; }
    version = now.version;
    at("error").textContent = now.error;
    at("error").hidden = !now.error;
    document.body.classList.toggle("stale", Boolean(now.error));
    at("state").textContent = now.error ? "waiting for a change" : `version ${version}`;
  } catch {
    at("state").textContent = "the preview has ended";
  }
  setTimeout(ask, 500);
}
show();
ask();
