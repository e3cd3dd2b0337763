// A passage that was said before: a card beside it says where, at a pointer, a finger or the keyboard.
// The same stands in the list of notes, where the number behind the passage leads.
"use strict";
(() => {
  const root = document.querySelector(".statement");
  const text = document.getElementById("text");
  if (!root || !text) return;
  const card = document.createElement("div");
  card.className = "card-of-echo";
  card.id = "card-of-echo";
  card.hidden = true;
  document.body.append(card);
  let closing = 0;
  let shown = null;

  const marked = (numbers) => [...text.querySelectorAll("span.echo")].filter((each) =>
    each.dataset.echo.split(" ").some((number) => numbers.includes(number)));

  function show(place, { x } = {}) {
    clearTimeout(closing);
    if (shown === place) return;
    hide();
    const switched = document.getElementById("show-echoes");
    if (switched && !switched.checked) return;
    const numbers = place.dataset.echo.split(" ");
    const told = numbers.map((number) => document.querySelector(`#echo-${CSS.escape(number)} .told`));
    card.replaceChildren(...told.filter(Boolean).map((each) => each.cloneNode(true)));
    if (!card.childNodes.length) return;
    card.hidden = false;
    const boxes = [...place.getClientRects()];
    const box = boxes[boxes.length - 1];
    const wanted = x === undefined ? box.left : x - 24;
    const left = Math.max(8, Math.min(wanted, document.documentElement.clientWidth - card.offsetWidth - 8));
    const below = box.bottom + 6;
    const top = below + card.offsetHeight < window.innerHeight ? below : Math.max(8, boxes[0].top - card.offsetHeight - 6);
    card.style.left = `${left + window.scrollX}px`;
    card.style.top = `${top + window.scrollY}px`;
    for (const each of marked(numbers)) each.classList.add("lit");
    if (place.matches("a")) place.setAttribute("aria-describedby", card.id);
    shown = place;
  }

  function hide() {
    clearTimeout(closing);
    if (!shown) return;
    shown.removeAttribute("aria-describedby");
    shown = null;
    card.hidden = true;
    for (const each of text.querySelectorAll(".lit")) each.classList.remove("lit");
  }

  const soon = () => { clearTimeout(closing); closing = setTimeout(hide, 250); };
  const passage = (event) => event.target.closest && event.target.closest("[data-echo]");
  text.addEventListener("pointerover", (event) => {
    const place = passage(event);
    if (place && event.pointerType !== "touch") show(place, { x: event.clientX });
  });
  text.addEventListener("pointerout", soon);
  text.addEventListener("focusin", (event) => { if (passage(event)) show(passage(event)); });
  text.addEventListener("focusout", soon);
  text.addEventListener("click", (event) => {
    const place = passage(event);
    if (place && !place.matches("a")) show(place, { x: event.clientX });
    else if (!place) hide();
  });
  card.addEventListener("pointerover", () => clearTimeout(closing));
  card.addEventListener("pointerout", soon);
  card.addEventListener("focusin", () => clearTimeout(closing));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
})();
