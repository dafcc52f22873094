// Keeps a page of the dashboard as new as its records: asks for their version, and takes over the newer page.
(() => {
  "use strict";
  const POLL_MILLISECONDS = 2000;
  const { live, version: made } = document.currentScript.dataset;
  const state = document.getElementById("frame-state");
  let known = made;
  let asOf = new Date();

  const clock = () => asOf.toLocaleTimeString();

  function say(text, isGone = false) {
    if (!state) return;
    state.classList.toggle("gone", isGone);
    if (state.textContent !== text) state.textContent = text;
  }

  async function ask(address) {
    const answer = await fetch(address, { cache: "no-store" });
    if (!answer.ok && answer.status !== 404) throw new Error(`the server answered ${answer.status}`);
    return answer;
  }

  async function take() {
    const page = await ask(location.pathname + location.search);
    if (!page.ok) return;
    const html = await page.text();
    if (window.swatch?.refresh) await window.swatch.refresh(html);
    else location.reload();
  }

  async function poll() {
    try {
      if (!document.hidden) {
        const answer = await ask(live);
        if (!answer.ok) {
          say(`This is gone from the folder; the page is as of ${clock()}.`, true);
        } else {
          const version = await answer.text();
          if (version !== known) await take();
          known = version;
          asOf = new Date();
          say(`as of ${clock()}`);
        }
      }
    } catch (error) {
      const why = error instanceof TypeError ? "The dashboard does not answer; was it ended?" : `${error.message}.`;
      say(`${why} The page is as of ${clock()}; it goes on when the dashboard is there again.`, true);
    }
    setTimeout(poll, POLL_MILLISECONDS);
  }
  poll();
})();
