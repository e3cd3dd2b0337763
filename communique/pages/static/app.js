// The theme is the house's: Airflow marks its own document, which is of our origin, with a class.
"use strict";
(() => {
  const own = document.documentElement;
  const framed = window.parent !== window;
  const house = () => {
    try { return framed ? window.parent.document.documentElement : null; } catch { return null; }
  };
  const preferred = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const outer = house();
    const dark = outer ? outer.classList.contains("dark") : preferred.matches;
    own.dataset.theme = dark ? "dark" : "light";
  };
  follow();
  if (framed) own.dataset.framed = "";
  const outer = house();
  if (outer) new MutationObserver(follow).observe(outer, { attributes: true, attributeFilter: ["class"] });
  else preferred.addEventListener("change", follow);

  // Within the frame no link can open a tab by itself; the house can.
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[data-outside]");
    if (!link || !framed) return;
    event.preventDefault();
    window.parent.open(link.href, "_blank", "noopener,noreferrer");
  });

  // What a request could not do is said where the page says such things, never lost.
  document.addEventListener("htmx:responseError", (event) => {
    const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const problem = answer.querySelector(".problem");
    say(problem ? problem.textContent : `The server answered ${event.detail.xhr.status}.`);
  });
  document.addEventListener("htmx:sendError", () => say("The server does not answer."));
  document.addEventListener("htmx:beforeRequest", () => say(""));
  function say(words) {
    const place = document.getElementById("said");
    if (place) place.textContent = words;
  }
})();
