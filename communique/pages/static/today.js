// Offers the days of the reader's own zone, where they are not those that are shown.
"use strict";
(() => {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const link = document.getElementById("own-zone");
  const chosen = document.getElementById("zone");
  if (!link || !chosen || !own || own === chosen.value) return;
  const address = new URL(link.href);
  address.searchParams.set("zone", own);
  link.href = address.href;
  link.textContent = `Days of ${own}`;
  link.hidden = false;
})();
