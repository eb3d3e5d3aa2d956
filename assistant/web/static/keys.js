// j k a r ?: for those who keep their hands on the keys. Everything they do, a button does too.
"use strict";
(() => {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const SETTING = "aftercare-keys"; // the only thing kept in the browser: whether these keys are wanted
  const wanted = document.getElementById("keys-on");
  wanted.checked = localStorage.getItem(SETTING) !== "off";
  wanted.addEventListener("change", () => localStorage.setItem(SETTING, wanted.checked ? "on" : "off"));

  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.querySelector("a.open"));

  const move = (by) => {
    const all = rows();
    const now = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1)];
    if (next) next.querySelector("a.open").focus();
  };

  // In a list only the row that is chosen; on a concern's own page that concern.
  const acknowledge = () => {
    const row = document.activeElement.closest("[data-row]");
    const form = row ? row.querySelector("[data-acknowledge]") : document.querySelector(".actions [data-acknowledge]");
    if (form) form.requestSubmit();
  };

  const reply = () => {
    const box = document.querySelector("[data-reply]");
    if (!box) return false;
    box.focus();
    box.scrollIntoView({ block: "center" });
    return true;
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.key === "?") dialog.showModal();
    else if (!wanted.checked) return;
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "a") acknowledge();
    else if (event.key !== "r" || !reply()) return;
    event.preventDefault();
  });
})();
