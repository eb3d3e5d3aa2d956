// How many texts a reply costs, while it is typed; and one click is one send.
"use strict";
(() => {
  // 3GPP TS 23.038, 6.2.1: the alphabet of a plain text, and the characters of it that count twice.
  const BASIC = new Set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
  const TWICE = new Set("\f^{}\\[~]|€");

  // What is cut into parts never has a character cut in two, so a part may end one short.
  const parts = (widths, single, part) => {
    if (widths.reduce((sum, width) => sum + width, 0) <= single) return 1;
    let count = 1;
    let used = 0;
    for (const width of widths) {
      if (used + width > part) { count += 1; used = 0; }
      used += width;
    }
    return count;
  };

  const price = (text) => {
    const letters = [...text];
    const costly = [...new Set(letters.filter((letter) => !BASIC.has(letter) && !TWICE.has(letter)))];
    const count = costly.length
      ? parts(letters.map((letter) => letter.length), 70, 67)
      : parts(letters.map((letter) => (TWICE.has(letter) ? 2 : 1)), 160, 153);
    return { count, costly, length: letters.length };
  };

  for (const box of document.querySelectorAll("[data-segments]")) {
    const place = document.getElementById(box.dataset.segments);
    const tell = () => {
      const { count, costly, length } = price(box.value.trim());
      if (!length) { place.textContent = "160 plain characters are one text."; return; }
      const dear = costly.length && length > 70 ? ` Without ${costly.slice(0, 5).join(" ")} it would cost less.` : "";
      place.textContent = `${length} characters, ${count} ${count === 1 ? "text" : "texts"}.${dear}`;
    };
    box.addEventListener("input", tell);
    if (box.value) tell();
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-once]")) return;
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = "yes";
    // After the browser has read which button it was.
    setTimeout(() => { for (const button of event.target.querySelectorAll("button")) button.disabled = true; });
  });
  // A page from the browser's history must be usable again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button")) button.disabled = false;
    }
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-focus]");
    const aim = link && document.getElementById(link.dataset.focus);
    if (!aim) return;
    event.preventDefault();
    aim.focus({ preventScroll: true });
    aim.scrollIntoView({ block: "center" });
  });
})();
