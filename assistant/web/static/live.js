// Keeps an open page true: asks every 5 s what has changed and swaps those parts in. Without it, reload.
"use strict";
(() => {
  const main = document.querySelector("[data-live]");
  const EVERY_MS = 5000;
  const plainTitle = document.title;
  let active = false; // keys or fingers since the last question: the sign-in stays alive only for people
  let timer = 0;
  let lostAt = null;

  // Deadlines are counted on the server's clock, which a computer at a reception desk need not share.
  let ahead = Date.parse(document.documentElement.dataset.now) - Date.now();

  const minutes = (ms) => {
    const whole = Math.floor(ms / 60000);
    if (whole < 1) return "under 1 min";
    if (whole < 60) return `${whole} min`;
    return whole < 120 ? `1 h ${String(whole - 60).padStart(2, "0")} min` : `${Math.floor(whole / 60)} h`;
  };

  const countDown = () => {
    for (const place of document.querySelectorAll("[data-deadline]")) {
      const left = Date.parse(place.dataset.deadline) - Date.now() - ahead;
      place.textContent = left > 0 ? `${minutes(left)} left` : `${minutes(-left)} late`;
    }
  };

  const bottom = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 40;

  const swap = (part, html) => {
    const held = part.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const box = part.classList.contains("scroll") ? part : null;
    const atEnd = box && bottom(box);
    const from = box ? box.scrollTop : 0;
    part.innerHTML = html; // rendered and escaped by our own server
    if (box) box.scrollTop = atEnd ? box.scrollHeight : from;
    if (held) {
      const again = [...part.querySelectorAll("[data-key]")].find((one) => one.dataset.key === held);
      (again || document.getElementById("main")).focus({ preventScroll: true });
    }
  };

  const show = (news) => {
    for (const [name, html] of Object.entries(news.parts)) {
      const part = document.querySelector(`[data-part="${CSS.escape(name)}"]`);
      if (part && part.innerHTML !== html) swap(part, html);
    }
    main.dataset.since = news.since;
    ahead = Date.parse(news.now) - Date.now();
    document.title = plainTitle.replace(/^.* · /, `${news.title} · `);
    if (news.say) document.getElementById("said").textContent = news.say;
    countDown();
  };

  const offline = (message) => {
    const box = document.getElementById("offline");
    box.hidden = !message;
    box.textContent = message;
  };

  const ask = async () => {
    const url = new URL(main.dataset.live, location.href);
    url.searchParams.set("since", main.dataset.since);
    if (active) url.searchParams.set("active", "1");
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (answer.status === 401) {
        location.reload(); // signed out: leave no patient on the screen
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      active = false;
      if (answer.status === 200) show(await answer.json());
      lostAt = null;
      offline("");
    } catch {
      lostAt = lostAt || new Date();
      const since = lostAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      offline(`No connection since ${since}. What you see may be old.`);
    }
    plan();
  };

  const plan = () => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(ask, EVERY_MS);
  };

  for (const box of document.querySelectorAll(".scroll")) box.scrollTop = box.scrollHeight;
  countDown();
  setInterval(countDown, 15000);
  if (!main) return;
  for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, () => { active = true; });
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
  plan();
})();
