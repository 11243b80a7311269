/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches the page again every two seconds and puts the new <main> in the place of the old one. What was opened or
 * scrolled stays so. A hidden page asks nothing. */
"use strict";

const EVERY_MS = 2000;

function keep(old, fresh) {
  for (const details of old.querySelectorAll("details[open]"))
    fresh.querySelector("#" + details.id)?.setAttribute("open", "");
}

async function refresh() {
  const answer = await fetch("./", { cache: "no-store", signal: AbortSignal.timeout(5000) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const old = document.querySelector("main");
  const fresh = page.querySelector("main");
  const scrolled = [...old.querySelectorAll(".scroll")].map((s) => s.scrollLeft);
  keep(old, fresh);
  old.replaceWith(fresh);
  fresh.querySelectorAll(".scroll").forEach((s, i) => { s.scrollLeft = scrolled[i] || 0; });
  document.title = page.title;
}

async function turn() {
  if (!document.hidden && !String(getSelection())) {
    const silent = await refresh().then(() => false, () => true);
    document.getElementById("silent").hidden = !silent;
  }
  setTimeout(turn, EVERY_MS);
}

setTimeout(turn, EVERY_MS);
