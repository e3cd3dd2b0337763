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

  // Within the frame no link can open a tab, nor leave for another page of the house: the house can.
  const within = (link) => {
    const root = document.body.dataset.root;
    return link.origin === location.origin && (link.pathname === root || link.pathname.startsWith(`${root}/`));
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href]");
    if (!link || !framed || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey) return;
    if (!house() || !link.protocol.startsWith("http")) return;
    if (within(link) && link.target !== "_blank") return;
    event.preventDefault();
    if (link.origin !== location.origin || link.target === "_blank") {
      window.parent.open(link.href, "_blank", "noopener,noreferrer");
      return;
    }
    const leave = window.parent.document.createElement("a");
    leave.href = link.href;
    window.parent.document.body.append(leave);
    leave.click();
    leave.remove();
  });

  // The house's address follows whole pages by itself; what htmx puts in their place, it must be told.
  const tell = () => {
    const outer = house();
    const { root, frame } = document.body.dataset;
    if (!outer || !window.parent.location.pathname.startsWith(`${frame}/`)) return;
    const shown = frame + location.pathname.slice(root.length) + location.search + location.hash;
    window.parent.history.replaceState(window.parent.history.state, "", shown);
  };
  for (const name of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"]) {
    document.addEventListener(name, tell);
  }
  window.addEventListener("popstate", tell);

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
