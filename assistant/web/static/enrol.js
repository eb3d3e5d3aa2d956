// While the number is typed: whose it is and whether it can be texted. Without this, the next step says it.
"use strict";
(() => {
  const form = document.getElementById("enrol");
  const phone = document.getElementById("phone");
  const place = document.getElementById("phone-said");
  const WAIT_MS = 350;
  const FEWEST_DIGITS = 7;
  let timer = 0;
  let asked = null; // the question that is under way; an answer to an older one is not shown

  const show = (sentences, usable) => {
    place.replaceChildren(...sentences.map((sentence) => {
      const line = document.createElement("p");
      line.textContent = sentence;
      if (!usable) line.className = "refused";
      return line;
    }));
  };

  const ask = async () => {
    if (asked) asked.abort();
    const mine = asked = new AbortController();
    const data = new FormData();
    for (const name of ["csrf_token", "clinic", "phone"]) data.set(name, form.elements[name].value);
    try {
      const answer = await fetch("/enrol/phone", { method: "POST", body: new URLSearchParams(data), signal: mine.signal });
      if (!answer.ok || answer.redirected) return;
      const { usable, said } = await answer.json();
      if (mine === asked) show(said, usable);
    } catch {
      // Offline, or a newer question: the next step checks the number anyway.
    }
  };

  const later = () => {
    clearTimeout(timer);
    if (phone.value.replace(/\D/g, "").length < FEWEST_DIGITS) { show([], true); return; }
    timer = setTimeout(ask, WAIT_MS);
  };

  phone.addEventListener("input", later);
  form.elements.clinic.addEventListener("change", later);

  const problems = document.getElementById("problems");
  if (problems) problems.focus();
})();
