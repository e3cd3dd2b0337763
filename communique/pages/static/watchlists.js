// The editor: what was tried is saved, and nothing else.
"use strict";
(() => {
  document.documentElement.dataset.scripted = "";
  const form = document.getElementById("rule");
  if (!form) return;
  const own = new Set(["reason", "tried", "version", "was", "csrf"]);
  const typed = () => JSON.stringify([...new FormData(form)].filter(([name]) => !own.has(name)));
  let tried = form.elements.tried.value ? typed() : null;
  const judge = () => {
    const stale = form.querySelector(".stale");
    if (!stale || tried === null) return;
    stale.hidden = typed() === tried;
    form.querySelector("[data-plain]").disabled = !stale.hidden;
  };
  let sent = null;
  form.addEventListener("input", judge);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === form) sent = typed();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.elt === form || event.detail.target.id === "tried") tried = sent;
    judge();
  });
  document.addEventListener("htmx:oobAfterSwap", judge);
  // What is refused comes back as a part of the page too, not only as an error.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.xhr.status === 409 && event.detail.xhr.responseText.includes('id="tried"');
    if (part) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  // Saving leads to another page: it is no part of this one.
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-plain]");
    if (!button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    form.action = button.formAction;
    form.submit();
  }, true);
})();
