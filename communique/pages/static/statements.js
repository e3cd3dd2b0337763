// What the search does besides what htmx does: without it, everything still works.
"use strict";
(() => {
  // What is still being composed (pinyin, kana) is no query yet.
  document.addEventListener("input", (event) => {
    if (event.target.id === "q" && event.isComposing) event.stopImmediatePropagation();
  }, true);
  document.addEventListener("compositionend", (event) => {
    if (event.target.id === "q") event.target.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // A filter says what it lets through; one is open at a time, and closes when one goes elsewhere.
  const choices = () => document.querySelectorAll("[data-choice]");
  document.addEventListener("change", (event) => {
    const choice = event.target.closest("[data-choice]");
    if (!choice) return;
    const names = [...choice.querySelectorAll("input:checked")].map((box) => box.parentElement.innerText.trim());
    choice.querySelector("[data-chosen]").textContent = names.join(", ") || "Any";
  });
  const close = (event) => {
    for (const choice of choices()) if (choice.open && !choice.contains(event.target)) choice.open = false;
  };
  document.addEventListener("click", close);
  document.addEventListener("focusin", close);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const choice of choices()) {
      if (choice.open && choice.contains(event.target)) {
        choice.open = false;
        choice.querySelector("summary").focus();
      }
    }
  });

  // What nobody chose does not stand in the address.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target.id !== "ask") return;
    const asked = event.detail.parameters;
    for (const name of ["q", "publisher", "since", "until"]) if (!asked[name]) delete asked[name];
    if (asked.order === "newest") delete asked.order;
  });

  // A wrong query is marked as such; the list stays as it was.
  document.addEventListener("htmx:afterSettle", () => {
    const box = document.getElementById("q"), problem = document.getElementById("problem");
    if (!box || !problem) return;
    if (problem.textContent.trim()) box.setAttribute("aria-invalid", "true");
    else box.removeAttribute("aria-invalid");
  });
})();
