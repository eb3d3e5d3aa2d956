// Keeps the page true without loading it again: asks every second, and sends the buttons' forms by itself.
// Without this file the same forms post and the server sends the page anew.
"use strict";

const ASK_EVERY_MS = 1000;
const STAGGER_MS = 260; // between two texts that came at once, so that each is seen to arrive

const parts = new Map([...document.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
const said = document.querySelector("[data-said]");
const frame = document.querySelector("iframe");
let turn = 0; // an answer to an older question must not overwrite what a button has brought since
let staffScreen = null;
let lost = false;

function chosen() {
  const query = new URLSearchParams();
  for (const select of document.querySelectorAll("[data-choose] select")) query.set(select.name, select.value);
  return query;
}

// Form tokens differ at every rendering and are no news.
const plain = (html) => html.replace(/(name="csrf_token" value=")[^"]*/g, "$1");

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template;
}

function replace(part, fresh) {
  if (plain(part.innerHTML) === plain(fresh.innerHTML)) return;
  const typed = part.querySelector(".composer input[name=body]")?.value;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceChildren(fresh.content);
  const input = part.querySelector(".composer input[name=body]");
  if (input && typed) input.value = typed;
  if (focused) (document.getElementById(focused) ?? input)?.focus({ preventScroll: true });
}

function merge(list, fresh) {
  const side = list.dataset.merge;
  const coming = [...fresh.content.children];
  const kept = coming.filter((item) => item.id && list.querySelector(`#${item.id}`)).length;
  const bubbles = list.querySelectorAll(".mine, .theirs, .aside").length;
  const another = kept === 0 && bubbles > 0; // somebody else's phone: nothing has just arrived
  let arrived = 0;
  let theirs = false;
  const items = coming.map((item) => {
    const old = item.id && list.querySelector(`#${item.id}`);
    if (old && plain(old.innerHTML) === plain(item.innerHTML)) return old;
    if (!old && !another && !item.matches(".empty")) {
      item.classList.add("arriving");
      item.style.animationDelay = `${STAGGER_MS * arrived++}ms`;
      theirs ||= item.matches(".theirs");
    }
    return item;
  });
  if (items.length === list.children.length && items.every((item, place) => item === list.children[place])) return;
  const held = list.contains(document.activeElement);
  list.parentElement.ariaBusy = String(another);
  if (another || !bubbles) list.replaceChildren(...items);
  else place(list, items);
  if (arrived || another) list.parentElement.scrollTop = 0; // the newest: the column is reversed
  if (held && !list.contains(document.activeElement)) list.parentElement.focus({ preventScroll: true });
  if (theirs) ring(side);
}

// Moves only what must move, so that a reader of the log hears the new texts and no others.
function place(list, items) {
  const staying = new Set(items);
  for (const old of [...list.children]) if (!staying.has(old)) old.remove();
  items.forEach((item, at) => {
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
}

function ring(side) {
  const phone = document.querySelector(`[data-phone=${side}]`);
  phone.classList.remove("ringing");
  void phone.offsetWidth; // starts the animation again if it is still running
  phone.classList.add("ringing");
  mark(side);
}

function mark(tab) {
  document.querySelector(`[data-dot=${tab}]`).hidden = document.getElementById(`tab-${tab}`).checked;
}

function say(words) {
  if (said.textContent !== words) said.textContent = words;
}

function show(answer) {
  if (answer.reload) return location.reload();
  for (const [name, html] of Object.entries(answer.fragments)) {
    const part = parts.get(name);
    const fresh = parsed(html);
    if (part.dataset.merge) merge(part, fresh);
    else replace(part, fresh);
  }
  if (staffScreen !== null && staffScreen !== answer.staff_screen) {
    mark("clinic");
    // The staff's page asks every five seconds by itself; whoever looks at both at once should not wait.
    frame.contentDocument?.dispatchEvent(new Event("visibilitychange"));
  }
  staffScreen = answer.staff_screen;
  if (location.search !== `?${chosen()}`) history.replaceState(null, "", `?${chosen()}`); // to be found again at a reload
}

async function ask() {
  const asked = turn;
  try {
    const answer = await fetch(`${document.body.dataset.liveAt}?${chosen()}`, { headers: { Accept: "application/json" } });
    const news = await answer.json();
    if (asked === turn) show(news);
    if (lost) say("");
    lost = false;
  } catch {
    lost = true;
    say("The demo does not answer. Was it stopped? Start it again with: make run");
  }
}

async function askOn() {
  if (!document.hidden) await ask();
  setTimeout(askOn, ASK_EVERY_MS);
}

async function send(form, button) {
  const data = new URLSearchParams(new FormData(form));
  if (button?.name) data.set(button.name, button.value);
  for (const [name, value] of chosen()) data.set(name, value);
  const group = form.matches("[data-moves]") ? form : form.parentElement;
  const typed = form.querySelector("input[name=body]:not([type=hidden])");
  if (typed) typed.value = "";
  group.ariaBusy = "true";
  say("");
  turn++;
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
    if (!answer.ok) return location.reload(); // the form was too old, most likely after a new start
    const news = await answer.json();
    turn++;
    show(news);
    say(news.said);
  } catch {
    say("The demo does not answer. Was it stopped? Start it again with: make run");
  } finally {
    group.ariaBusy = "false";
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-live]")) return;
  event.preventDefault();
  const group = event.target.matches("[data-moves]") ? event.target : event.target.parentElement;
  if (group.ariaBusy !== "true") send(event.target, event.submitter);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-choose] select")) {
    turn++;
    ask();
  }
  if (event.target.name === "tab") mark(event.target.value);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link?.matches("[data-switch]")) {
    event.preventDefault();
    document.getElementById(link.dataset.switch).value = link.dataset.value;
    turn++;
    ask();
  } else if (link?.target === "clinic") {
    // Where the staff screen is on a tab of its own, a link into it turns to that tab.
    document.getElementById("tab-clinic").checked = true;
    mark("clinic");
  }
});

function showPage() {
  const { pathname } = frame.contentWindow.location;
  for (const link of document.querySelectorAll(".pages a")) {
    if (link.pathname === pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
frame.addEventListener("load", showPage);
showPage();
askOn();
