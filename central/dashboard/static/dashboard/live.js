// Keeps the part of a page that is marked data-live as central has it now. Without this file the page is as it was
// when it was opened. It asks only while somebody can see it, and says so when it gets no answer.
"use strict";
(() => {
  const part = document.querySelector("[data-live]");
  if (part === null) return;
  const line = document.getElementById("live-line"), news = document.getElementById("live-news");
  const every = Number(part.dataset.live) * 1000;
  let tag = part.dataset.tag, asOf = part.dataset.asOf, timer = 0, isAsking = false;

  const say = (isLive, words) => {
    line.classList.toggle("not-live", !isLive);
    line.classList.toggle("is-live", isLive);
    if (line.textContent !== words) line.textContent = words;
  };
  const announce = (words) => { if (words && news.textContent !== words) news.textContent = words; };
  const live = () => say(true, `Live. As of ${asOf}.`);
  const stale = (why) => {
    say(false, `Not live since ${asOf}: ${why}`);
    announce(`Not live since ${asOf}. ${why}`);
  };

  // What a person is in the middle of is left as it is: a selection, a field with the focus.
  const isInUse = () => {
    const here = document.activeElement, chosen = getSelection();
    return (part.contains(here) && here.matches("input, select, textarea"))
      || (chosen !== null && !chosen.isCollapsed && part.contains(chosen.anchorNode));
  };
  const all = (selector) => [...part.querySelectorAll(selector)];
  const FOCUSABLE = "a[href], button, summary, [tabindex]";
  const keyOf = (node) => node.id || node.getAttribute("href") || node.textContent.trim();
  const replace = (text) => {
    const here = document.activeElement, hadFocus = part.contains(here) && here !== part;
    const key = hadFocus ? keyOf(here) : "";
    const place = hadFocus ? all(FOCUSABLE).filter((node) => keyOf(node) === key).indexOf(here) : 0;
    const open = new Set(all("details[open]").map((node) => keyOf(node.querySelector("summary"))));
    const shifted = all(".scroll").map((node) => node.scrollLeft);
    const top = scrollY, said = part.querySelector("[data-says]")?.dataset.says;
    part.innerHTML = text;
    all("details").forEach((node) => { if (open.has(keyOf(node.querySelector("summary")))) node.open = true; });
    all(".scroll").forEach((node, at) => { node.scrollLeft = shifted[at] ?? 0; });
    if (hadFocus) {
      const same = all(FOCUSABLE).filter((node) => keyOf(node) === key);
      (same[place] ?? same[0] ?? document.getElementById("main")).focus({ preventScroll: true });
    }
    scrollTo({ top, behavior: "instant" });
    const says = part.querySelector("[data-says]")?.dataset.says;
    if (says !== said) announce(says);
  };

  const ask = async () => {
    if (isAsking || document.hidden) return;
    isAsking = true;
    const wasLive = !line.classList.contains("not-live");
    try {
      const answer = await fetch(location.href, {
        headers: { "X-Live": "1", "If-None-Match": tag }, credentials: "same-origin", redirect: "manual",
        signal: AbortSignal.timeout(every),
      });
      if (answer.type === "opaqueredirect" || answer.status === 403) return stale("you are logged out. Load the page again.");
      if (answer.status !== 200 && answer.status !== 304) return stale("central could not make this page. It is asked again.");
      if (answer.status === 200 && isInUse()) return;
      if (answer.status === 200) replace(await answer.text());
      tag = answer.headers.get("ETag") ?? tag;
      asOf = answer.headers.get("X-As-Of") ?? asOf;
      live();
      if (!wasLive) announce(`Live again. As of ${asOf}.`);
    } catch {
      stale("central does not answer. It is asked again.");
    } finally {
      isAsking = false;
    }
  };
  const again = () => {
    clearInterval(timer);
    if (document.hidden) return;
    timer = setInterval(ask, every);
    void ask();
  };
  document.addEventListener("visibilitychange", again);
  live();
  timer = setInterval(ask, every);
})();
